"""Number cells drawn on the spot, with everything that may stand in, beside and over them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import cv2
import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from extractor.seams.engine import Gray
from fixtures.generator.canvas.typography import load_font
from fixtures.generator.damage.foreign import draw_scratch, draw_strokes
from fixtures.generator.faces import CHINESE_FACES, DIGIT_FACES, find_face, is_installed
from fixtures.generator.randomness import Random, choose, happens
from models.training.cell_text import LIKE_SYMBOLS, to_labels

#: Characters of labels, heads and units; any common one besides, letters and brackets.
_LABELS = (
    "一二三四五六七八九十总计其他行政许可处罚强制规章自然人商业企业科研机构"
    "社会公益法律服务结果维持纠正审结万元件条次篇无其中本年增减项数量内容（）、"
)
_LETTERS = "ABCDEFGHKLMNPRSTUVXYZabcdefghkmnrstuvwxyz()%"
#: The shapes of zeros of some faces: with a stroke or a dot in them.
_MARKED_ZERO = 0.04
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
#: Share of figures in a type no report is set in, those faces, and what they hold.
_FOREIGN = 0.15
_FOREIGN_FACES = ("STIXGeneral.ttf", "cmr10.ttf", "cmss10.ttf", "cmtt10.ttf", "STIXGeneralBol.ttf")
_PLAIN = frozenset("0123456789.,/+")
#: Share of texts out of shape.
_RESHAPED = 0.3
#: Height of a digit in a drawn crop, pixels; scans have less, which the crop is brought down to and up again.
_DIGIT = 28
Picture = NDArray[np.float32]


def draw_text(rng: Random) -> str:
    """What a cell may say."""
    kind = choose(
        rng,
        ("count", "zero", "nothing", "decimal", "signed", "grouped", "label", "noted", "dust"),
        (9, 2, 3, 2, 1, 1.5, 3, 0.8, 0.5),
    )
    number = str(int(10 ** rng.uniform(0, rng.integers(1, 9))))
    match kind:
        case "zero":
            return "0"
        case "nothing":
            return choose(rng, ("/", "-", "—", "——", "–", "0.00"), (4, 3, 4, 1, 1, 0.5))
        case "decimal":
            return f"{rng.uniform(0, 10 ** rng.integers(1, 6)):.{int(rng.integers(1, 5))}f}"
        case "signed":
            return choose(rng, ("-", "+", "−"), (3, 2, 1)) + number
        case "grouped":
            return f"{int(10 ** rng.uniform(3, 8)):,}" + (
                f".{int(rng.integers(100)):02}" if happens(rng, 0.2) else ""
            )
        case "label":
            return _draw_label(rng)
        case "noted":
            note = choose(rng, ("元", "件", "万元", "（其中修订2件）", "%", "（含3件）", "次", "③", "*"))
            return f"({number})" if happens(rng, 0.15) else number + note
        case "dust":
            return ""
        case _:
            return number.translate(_FULL_WIDTH) if happens(rng, 0.04) else number


def _draw_label(rng: Random) -> str:
    kind = choose(rng, ("form", "han", "letters", "numbered"), (5, 4, 1, 1))
    length = int(rng.integers(1, 7))
    match kind:
        case "han":
            text = "".join(choose(rng, _common_han()) for _ in range(length))
        case "letters":
            text = "".join(choose(rng, tuple(_LETTERS)) for _ in range(length))
        case "numbered":
            text = f"{int(rng.integers(1, 10))}." + choose(rng, ("其他", "重复申请", "属于国家秘密", "总计"))
        case _:
            text = "".join(choose(rng, tuple(_LABELS)) for _ in range(length))
    return text if len(text) > 1 or text not in LIKE_SYMBOLS else text + "件"


@cache
def _common_han() -> tuple[str, ...]:
    """The 3,755 most common characters, in the order of GB 2312."""
    codes = (bytes((high, low)) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
    return tuple(character for code in codes if (character := code.decode("gb2312", "ignore")))


def draw_cell(rng: Random) -> tuple[Gray, str]:
    """A crop as the program cuts them, padded by half the height of its text, and its labels."""
    text = draw_text(rng)
    crop, ink_height = _set_text(text, rng) if text else _draw_dust(rng)
    crop = _surround(crop, ink_height, rng)
    crop = _damage(crop, ink_height, rng)
    return np.clip(crop * 255 + 0.5, 0, 255).astype(np.uint8), to_labels(text)


def _draw_dust(rng: Random) -> tuple[Picture, int]:
    """A blank cell with specks in it, and the height a digit would have."""
    crop = np.ones((2 * _DIGIT, int(rng.integers(_DIGIT, 4 * _DIGIT))), np.float32)
    for _ in range(int(rng.integers(0, 6))):
        centre = (int(rng.integers(crop.shape[1])), int(rng.integers(crop.shape[0])))
        axes = (int(rng.integers(1, 4)), int(rng.integers(1, 3)))
        level = float(rng.uniform(0, 0.7))
        cv2.ellipse(crop, centre, axes, float(rng.uniform(0, 180)), 0, 360, (level,), -1, cv2.LINE_AA)
    return crop, _DIGIT


@cache
def _faces() -> tuple[str, ...]:
    return tuple(key for key in (*CHINESE_FACES, *DIGIT_FACES) if is_installed(key))


def _set_text(text: str, rng: Random) -> tuple[Picture, int]:
    """The text in black on white with the program's margins, and the height of its ink."""
    if text and _PLAIN.issuperset(text) and happens(rng, _FOREIGN):
        ink = _set_by_plotter(text, rng) if happens(rng, 0.4) else _set_type(text, rng, *_foreign_font(rng))
    else:
        faces = _faces() if text.isascii() else tuple(key for key in _faces() if key in CHINESE_FACES)
        face, bold = choose(rng, faces), happens(rng, 0.2)
        stroke = 0.8 if bold and find_face(face, bold=True).embolden else 0.0
        ink = _set_type(text, rng, load_font(face, _DIGIT * 1.38, bold=bold), stroke)
    if happens(rng, _RESHAPED):
        ink = _reshape(ink, rng)
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


def _set_type(text: str, rng: Random, font: ImageFont.FreeTypeFont, stroke: float) -> Picture:
    spread = float(rng.uniform(0, 2)) if happens(rng, 0.15) else 0.0
    width = sum(font.getlength(c) + spread for c in text)
    picture = Image.new("L", (round(width) + 80, 4 * _DIGIT), 255)
    draw, left = ImageDraw.Draw(picture), 40.0
    marked = happens(rng, _MARKED_ZERO)
    for character in text:
        draw.text((left, 2.6 * _DIGIT), character, font=font, fill=0, anchor="ls", stroke_width=stroke)
        if marked and character == "0":
            _mark_zero(draw, left + font.getlength(character) / 2, rng)
        left += font.getlength(character) + spread
    return np.asarray(picture, dtype=np.float32) / 255.0


def _foreign_font(rng: Random) -> tuple[ImageFont.FreeTypeFont, float]:
    """A face no report is set in, and how much bolder it is drawn: digits are more than the faces of today's."""
    file = Path(matplotlib.get_data_path(), "fonts", "ttf", choose(rng, _FOREIGN_FACES))
    return ImageFont.truetype(str(file), _DIGIT * 1.4), float(rng.uniform(0, 0.8))


def _set_by_plotter(text: str, rng: Random) -> Picture:
    """In the strokes of a pen plotter."""
    face = int(choose(rng, (0, 1, 2, 3, 4, 5)))
    (width, _), _ = cv2.getTextSize(text, face, 1.3, 3)
    picture = np.full((4 * _DIGIT, width + 80), 255, np.uint8)
    cv2.putText(picture, text, (40, int(2.6 * _DIGIT)), face, 1.3, (0,), int(rng.integers(2, 5)), cv2.LINE_AA)
    return picture.astype(np.float32) / 255.0


def _reshape(ink: Picture, rng: Random) -> Picture:
    """Narrower, wider or aslant, and a little out of shape."""
    stretch, slant = float(rng.uniform(0.75, 1.25)), float(rng.uniform(-0.06, 0.22))
    rows, columns = ink.shape
    warp = np.array([[stretch, -slant, slant * rows * 0.6 + 10], [0.0, 1.0, 0.0]])
    size = (round(columns * stretch) + 30, rows)
    out = _float(cv2.warpAffine(ink, warp, size, borderValue=(1.0,)))
    y, x = np.mgrid[0 : out.shape[0], 0 : out.shape[1]].astype(np.float32)
    bend = [
        cv2.GaussianBlur(rng.standard_normal(out.shape).astype(np.float32), (0, 0), 7.0)
        * float(rng.uniform(0, 22))
        for _ in range(2)
    ]
    return _float(
        cv2.remap(out, _float(x + bend[0]), _float(y + bend[1]), cv2.INTER_LINEAR, borderValue=(1.0,))
    )


def _mark_zero(draw: ImageDraw.ImageDraw, centre: float, rng: Random) -> None:
    """The stroke or the dot that some faces put into a zero."""
    middle, half = 2.1 * _DIGIT, 0.12 * _DIGIT
    if happens(rng, 0.5):
        draw.ellipse((centre - half / 2, middle - half, centre + half / 2, middle + half), fill=0)
    else:
        reach = float(rng.uniform(1.2, 2.4))
        ends = (
            centre - half * reach,
            middle + 2 * half * reach,
            centre + half * reach,
            middle - 2 * half * reach,
        )
        draw.line(ends, fill=0, width=int(rng.integers(2, 4)))


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
    if happens(rng, 0.03):
        # A streak of a dirty glass or drum from top to bottom.
        left, wide = int(rng.integers(crop.shape[1])), int(rng.integers(1, 5))
        crop[:, left : left + wide] = choose(rng, (1.0, 0.3), (2, 1))
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
