"""The paper is flattened from its own rulings: each must come out straight, horizontal or vertical.

A smooth polynomial moves every point so that the points of one ruling share one coordinate (least squares
with one unknown level per ruling). Skew, perspective and page curl all fall under it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.engine import Gray
from extractor.geometry import Box
from extractor.rulings import Floats, Ruling

#: Spacing of the coarse map from which the full one is interpolated (pixels).
_MAP_STEP = 16
#: Below this displacement (share of an inch) resampling costs more than it wins.
_WORTH_INCH = 0.008
#: Pull towards no bending, per term, in units of one point of evidence.
_RIDGE = 2e-2


@dataclass(frozen=True, slots=True)
class Warp:
    """Where points of a flattened page lie on the page image it was made from (pixels, top-left origin).

    map_x, map_y: source coordinates at every `_MAP_STEP`-th pixel of the flattened page, same shape as it / step.
    """

    map_x: NDArray[np.float32]
    map_y: NDArray[np.float32]
    shape: tuple[int, int]

    def to_source(self, points: Floats) -> Floats:
        """Map points (n × 2, x and y) of the flattened page onto the source image."""
        grid = np.asarray(points, dtype=np.float32) / _MAP_STEP
        x = np.clip(grid[:, 0], 0, self.map_x.shape[1] - 1).reshape(-1, 1)
        y = np.clip(grid[:, 1], 0, self.map_x.shape[0] - 1).reshape(-1, 1)
        out = [cv2.remap(m, x, y, cv2.INTER_LINEAR) for m in (self.map_x, self.map_y)]
        return np.concatenate(out, axis=1).astype(np.float64)

    def box_to_source(self, box: Box) -> Box:
        """Smallest box on the source image that holds the mapped corners."""
        corners = np.array(
            [[box.left, box.top], [box.right, box.top], [box.left, box.bottom], [box.right, box.bottom]]
        )
        found = self.to_source(corners)
        low, high = found.min(axis=0), found.max(axis=0)
        return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))

    def after(self, first: Warp) -> Warp:
        """The warp that equals applying `first` and then this one."""
        points = np.stack([self.map_x.ravel(), self.map_y.ravel()], axis=1).astype(np.float64)
        found = first.to_source(points).astype(np.float32)
        return Warp(found[:, 0].reshape(self.map_x.shape), found[:, 1].reshape(self.map_x.shape), self.shape)

    def apply(self, image: Gray) -> Gray:
        """The flattened page; paper (255) where it reaches beyond the source."""
        height, width = self.shape
        size = (self.map_x.shape[1] * _MAP_STEP, self.map_x.shape[0] * _MAP_STEP)
        full: list[NDArray[np.float32]] = []
        for coarse in (self.map_x, self.map_y):
            # cv2.resize samples pixel centres; an affine map puts coarse sample k at pixel k * step.
            matrix = np.array([[_MAP_STEP, 0, 0], [0, _MAP_STEP, 0]], dtype=np.float64)
            fine = cv2.warpAffine(
                coarse, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            full.append(np.asarray(fine, dtype=np.float32))
        out = cv2.remap(
            image,
            full[0][:height, :width],
            full[1][:height, :width],
            cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(255.0,),
        )
        return np.asarray(out, dtype=np.uint8)


def _terms(along: Floats, across: Floats, degree: int) -> Floats:
    """Monomials that bend a line (all contain `along`); a line's own level is a separate unknown."""
    columns = [along, along * across]
    if degree >= 2:
        columns += [along**2, along**2 * across, along * across**2]
    if degree >= 3:
        columns += [along**3]
    return np.stack(columns, axis=1)


def _fit(rulings: Sequence[Ruling], size: tuple[float, float]) -> tuple[Floats, int] | None:
    """Coefficients of the displacement across the rulings, in units normalised by `size` (along, across)."""
    if not rulings:
        return None
    degree = 1 if len(rulings) < 4 else 3
    weights, rows, targets = [], [], []
    for number, ruling in enumerate(rulings):
        step = max(1, len(ruling.along) // 40)
        along = ruling.along[::step] / size[0] - 0.5
        across = ruling.across[::step] / size[1] - 0.5
        terms = _terms(along, across, degree)
        level = np.zeros((len(along), len(rulings)))
        level[:, number] = -1.0
        rows.append(np.hstack([terms, level]))
        targets.append(-across)
        weights.append(np.full(len(along), 1.0))
    matrix, target = np.vstack(rows), np.concatenate(targets)
    weight = np.concatenate(weights)
    count = 2 if degree == 1 else 6
    pull = np.zeros((count, matrix.shape[1]))
    pull[np.arange(count), np.arange(count)] = (
        _RIDGE * np.array([0.0, 1, 1, 1, 1, 1])[:count] * len(target) ** 0.5
    )
    coefficients = np.zeros(matrix.shape[1])
    for _ in range(4):
        scaled = np.vstack([matrix * weight[:, None], pull])
        coefficients, *_ = np.linalg.lstsq(
            scaled, np.concatenate([target * weight, np.zeros(count)]), rcond=None
        )
        error = np.abs(matrix @ coefficients - target) * size[1]
        weight = 1.0 / np.maximum(1.0, error / max(1.0, float(np.median(error)) * 2))
    return coefficients[:count], degree


def _displace(
    fit: tuple[Floats, int] | None, along: Floats, across: Floats, size: tuple[float, float]
) -> Floats:
    if fit is None:
        return np.zeros_like(along)
    terms = _terms((along / size[0] - 0.5).ravel(), (across / size[1] - 0.5).ravel(), fit[1])
    return (terms @ fit[0]).reshape(along.shape) * size[1]


def fit_warp(
    horizontals: Sequence[Ruling], verticals: Sequence[Ruling], shape: tuple[int, int], dpi: float
) -> Warp | None:
    """The map that straightens the rulings; None when the page is already straight enough or has too few."""
    height, width = shape
    horizontal_fit = _fit(horizontals, (width, height))
    # Two or fewer verticals say little; a rotation then turns them with the horizontals.
    vertical_fit = _fit(verticals, (height, width)) if len(verticals) >= 2 else None
    if horizontal_fit is None:
        return None
    if vertical_fit is None:
        vertical_fit = (np.array([-horizontal_fit[0][0] * (height / width) ** 2, 0.0]), 1)
    ys, xs = np.mgrid[0 : height + _MAP_STEP : _MAP_STEP, 0 : width + _MAP_STEP : _MAP_STEP].astype(
        np.float64
    )
    source_x, source_y = xs.copy(), ys.copy()
    for _ in range(5):
        move_y = _displace(horizontal_fit, source_x, source_y, (width, height))
        move_x = _displace(vertical_fit, source_y, source_x, (height, width))
        source_x, source_y = xs - move_x, ys - move_y
    worst = max(float(np.abs(source_x - xs).max()), float(np.abs(source_y - ys).max()))
    if worst < _WORTH_INCH * dpi:
        return None
    return Warp(source_x.astype(np.float32), source_y.astype(np.float32), shape)


def rotation_warp(shape: tuple[int, int], degrees: float) -> Warp:
    """The warp that turns a page back by its skew (degrees clockwise) about its centre."""
    height, width = shape
    ys, xs = np.mgrid[0 : height + _MAP_STEP : _MAP_STEP, 0 : width + _MAP_STEP : _MAP_STEP].astype(
        np.float64
    )
    angle = np.radians(degrees)
    x, y = xs - width / 2, ys - height / 2
    source_x = np.cos(angle) * x - np.sin(angle) * y + width / 2
    source_y = np.sin(angle) * x + np.cos(angle) * y + height / 2
    return Warp(source_x.astype(np.float32), source_y.astype(np.float32), shape)
