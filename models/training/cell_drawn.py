"""Number cells drawn on the spot, with everything that may stand in, beside and over them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from extractor.seams.engine import Gray
from fixtures.generator.canvas.typography import load_font
from fixtures.generator.damage.foreign import draw_scratch, draw_strokes
from fixtures.generator.faces import CHINESE_FACES, DIGIT_FACES, find_face, is_installed
from fixtures.generator.randomness import Random, choose, happens
from models.training.cell_text import to_labels

_LABELS = (
    "一二三四五六七八九十总计其他行政许可处罚强制规章自然人商业企业科研机构"
    "社会公益法律服务结果维持纠正审结万元件条次无其中本年增减项"
)
#: Height of a digit in a drawn crop, pixels; scans have less, which the crop is brought down to and up again.
_DIGIT = 28
Picture = NDArray[np.float32]


def draw_text(rng: Random) -> str:
    """What a cell may say."""
    kind = choose(rng, ("count", "zero", "nothing", "decimal", "signed", "grouped", "label", "noted"),
                  (9, 3, 2.5, 2, 1, 1.5, 2.5, 0.7))  # fmt: skip
    number = str(int(10 ** rng.uniform(0, rng.integers(1, 9))))
    match kind:
        case "zero":
            return "0"
        case "nothing":
            return choose(rng, ("/", "-", "—", "——", "–", "0.00"), (4, 3, 4, 1, 1, 0.5))
        case "decimal":
            return f"{rng.uniform(0, 10 ** rng.integers(1, 6)):.{int(rng.integers(1, 5))}f}"
        case "signed":
            return choose(rng, ("-", "+"), (3, 2)) + number
        case "grouped":
            return f"{int(10 ** rng.uniform(3, 8)):,}" + (
                f".{int(rng.integers(100)):02}" if happens(rng, 0.2) else ""
            )
        case "label":
            return "".join(choose(rng, tuple(_LABELS)) for _ in range(int(rng.integers(1, 5))))
        case "noted":
            return number + choose(rng, ("元", "件", "万元", "（其中修订2件）", "%", "（含3件）", "次"))
        case _:
            return number


def draw_cell(rng: Random) -> tuple[Gray, str]:
    """A crop as the program cuts them, padded by half the height of its text, and its labels."""
    text = draw_text(rng)
    crop, ink_height = _set_text(text, rng)
    crop = _surround(crop, ink_height, rng)
    crop = _damage(crop, ink_height, rng)
    return np.clip(crop * 255 + 0.5, 0, 255).astype(np.uint8), to_labels(text)


def _faces() -> tuple[str, ...]:
    return tuple(key for key in (*CHINESE_FACES, *DIGIT_FACES) if is_installed(key))


def _set_text(text: str, rng: Random) -> tuple[Picture, int]:
    """The text in black on white with the program's margins, and the height of its ink."""
    faces = _faces()
    face = choose(rng, faces)
    if not text.isascii():
        face = choose(rng, tuple(key for key in faces if key in CHINESE_FACES))
    bold = happens(rng, 0.2)
    font = load_font(face, _DIGIT * 1.38, bold=bold)
    stroke = 0.8 if bold and find_face(face, bold=True).embolden else 0.0
    spread = float(rng.uniform(0, 2)) if happens(rng, 0.15) else 0.0
    width = sum(font.getlength(c) + spread for c in text)
    picture = Image.new("L", (round(width) + 80, 4 * _DIGIT), 255)
    draw, left = ImageDraw.Draw(picture), 40.0
    for character in text:
        draw.text((left, 2.6 * _DIGIT), character, font=font, fill=0, anchor="ls", stroke_width=stroke)
        left += font.getlength(character) + spread
    ink = np.asarray(picture, dtype=np.float32) / 255.0
    rows, columns = np.flatnonzero((ink < 0.7).any(axis=1)), np.flatnonzero((ink < 0.7).any(axis=0))
    if not len(rows):
        # The face lacks the character.
        return _set_text(text, rng)
    top, bottom, first, last = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    high = max(bottom - top, round(0.8 * _DIGIT))
    margin = round(0.5 * high)
    # The cutter is off by a little, and what is cut off is cut off.
    shift = np.rint(rng.normal(0, 0.05 * high, 4)).astype(int) if happens(rng, 0.4) else np.zeros(4, int)
    half = high // 2 + margin
    middle = (top + bottom) // 2 + shift[0]
    box = middle - half, middle + half, first - margin + shift[1], last + margin + shift[2]
    padded = np.pad(ink, 200, constant_values=1.0)
    return padded[box[0] + 200 : box[1] + 200, box[2] + 200 : box[3] + 200].copy(), high


def _surround(crop: Picture, digit: int, rng: Random) -> Picture:
    """What the cell's surroundings leave in the crop: rulings at its sides, a neighbour's foot, ink of others."""
    if happens(rng, 0.3):
        crop = _rule(crop, rng)
    for _ in range(int(rng.integers(0, 4)) if happens(rng, 0.3) else 0):
        centre = (int(rng.integers(crop.shape[1])), int(rng.integers(crop.shape[0])))
        cv2.circle(crop, centre, int(rng.integers(1, 3)), (float(rng.uniform(0, 0.6)),), -1, cv2.LINE_AA)
    if happens(rng, 0.12):
        # A stroke of a pen beside the text, or thin through it.
        ink = choose(rng, (draw_scratch, draw_strokes))((crop.shape[0], crop.shape[1]), 200.0, rng)
        crop = crop * (1 - ink * float(rng.uniform(0.3, 0.9)))
    if happens(rng, 0.12):
        radius = int(digit * rng.uniform(2, 6))
        centre = (int(rng.normal(crop.shape[1] / 2, radius)), int(rng.normal(crop.shape[0] / 2, radius)))
        arc = np.zeros(crop.shape, np.float32)
        cv2.circle(arc, centre, radius, (1.0,), int(rng.integers(2, 8)), cv2.LINE_AA)
        crop = crop * (1 - arc * float(rng.uniform(0.15, 0.6)))
    if happens(rng, 0.1):
        # What is printed on the other side.
        other, _ = _set_text(str(int(rng.integers(1, 10**6))), rng)
        back = cv2.GaussianBlur(cv2.resize(other[:, ::-1], crop.shape[::-1]), (0, 0), 1.5)
        crop = crop * (1 - (1 - np.asarray(back, np.float32)) * float(rng.uniform(0.05, 0.3)))
    return np.asarray(crop, dtype=np.float32)


def _rule(crop: Picture, rng: Random) -> Picture:
    """Pieces of rulings at some sides, whole, broken or painted over in part."""
    for side in range(4):
        if not happens(rng, 0.35):
            continue
        view = np.rot90(crop, side)
        depth, thick = int(rng.uniform(0, 0.16) * view.shape[0]), int(rng.integers(1, 4))
        start, end = sorted(rng.uniform(-0.3, 1.3, 2) * view.shape[1])
        view[depth : depth + thick, max(0, int(start)) : max(0, int(end))] *= float(rng.uniform(0, 0.7))
    return crop


def _damage(crop: Picture, digit: int, rng: Random) -> Picture:
    """Scanned at some resolution, light to ruinous."""
    if happens(rng, 0.35):
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
        grown = (cv2.erode if happens(rng, 0.6) else cv2.dilate)(crop, kernel)
        share = float(rng.uniform(0, 0.8))
        crop = crop * (1 - share) + grown * share
    if happens(rng, 0.1):
        eaten = cv2.GaussianBlur(rng.standard_normal(crop.shape).astype(np.float32), (0, 0), 1.2)
        crop = _float(
            np.where(eaten < np.quantile(eaten, rng.uniform(0.02, 0.12)), crop + (1 - crop) * 0.75, crop)
        )
    angle = float(rng.normal(0, 0.7))
    turn = cv2.getRotationMatrix2D((crop.shape[1] / 2, crop.shape[0] / 2), angle, 1.0)
    crop = _float(cv2.warpAffine(_float(crop), turn, crop.shape[::-1], borderValue=(1.0,)))
    scale = float(np.exp(rng.uniform(np.log(9), np.log(30)))) / digit
    squeezed = scale * float(rng.uniform(0.48, 0.55)) if happens(rng, 0.06) else scale
    size = max(3, round(crop.shape[1] * scale)), max(3, round(crop.shape[0] * squeezed))
    crop = _float(cv2.resize(crop, size, interpolation=cv2.INTER_AREA))
    crop = _float(cv2.GaussianBlur(crop, (0, 0), float(rng.uniform(0.25, 0.9 if happens(rng, 0.8) else 1.5))))
    crop = 1 - (1 - crop) * float(rng.uniform(0.35, 1.0) if happens(rng, 0.3) else rng.uniform(0.8, 1.0))
    crop = crop + _float(rng.standard_normal(crop.shape)) * float(
        rng.uniform(0, 0.03) if happens(rng, 0.8) else rng.uniform(0, 0.09)
    )
    if happens(rng, 0.2):
        level = float(crop.min() + (crop.max() - crop.min()) * rng.uniform(0.4, 0.65))
        crop = _float(crop > level)
    elif happens(rng, 0.7):
        quality = int(rng.integers(20, 90))
        coded = cv2.imencode(
            ".jpg", np.clip(crop * 255, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality]
        )[1]
        crop = _float(_float(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)) / 255)
    if squeezed != scale:
        crop = _float(cv2.resize(_float(crop), (size[0], round(size[1] * scale / squeezed))))
    return np.asarray(np.clip(crop, 0, 1), dtype=np.float32)


def _float(picture: Any) -> Picture:
    return np.asarray(picture, dtype=np.float32)
