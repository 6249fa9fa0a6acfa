"""The paper is flattened from its own rulings: each must come out straight, horizontal or vertical.

A smooth polynomial moves every point so that the points of one ruling share one coordinate (least squares
with one unknown level per ruling). Skew, perspective and page curl all fall under it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from extractor.rulings.tracking import Ruling
from extractor.seams.engine import Gray
from extractor.values.frame import MAP_FIRST, MAP_STEP, Floats, Warp
from extractor.values.labels import PageLabels

#: Below this displacement (share of an inch) resampling costs more than it wins.
_WORTH_INCH = 0.008
#: Pull towards no bending, per term, in units of one point of evidence.
_RIDGE = 2e-2


def flatten(image: Gray, warp: Warp) -> Gray:
    """The flattened page; paper (255) where it reaches beyond the source."""
    height, width = warp.shape
    size = (warp.map_x.shape[1] * MAP_STEP, warp.map_x.shape[0] * MAP_STEP)
    full = [cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR) for coarse in (warp.map_x, warp.map_y)]
    out = cv2.remap(
        image,
        np.asarray(full[0][:height, :width], dtype=np.float32),
        np.asarray(full[1][:height, :width], dtype=np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(255.0,),
    )
    return np.asarray(out, dtype=np.uint8)


def flatten_labels(labels: PageLabels, warp: Warp) -> PageLabels:
    """The labels of a page as they lie on the flattened page."""
    rows, columns = labels.across.shape
    ys, xs = np.mgrid[0:rows, 0:columns].astype(np.float32)
    scale = np.float32(labels.scale)
    # Places of the coarse map's samples that belong to each pixel of the labels.
    x, y = (((place + 0.5) * scale - 0.5 - MAP_FIRST) / MAP_STEP for place in (xs, ys))
    on_page = (
        cv2.remap(m, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for m in (warp.map_x, warp.map_y)
    )
    source = [np.asarray((place + 0.5) / scale - 0.5, dtype=np.float32) for place in on_page]
    told = np.stack([labels.across, labels.down, labels.writing, labels.foreign], axis=2)
    flat = cv2.remap(told, source[0], source[1], cv2.INTER_LINEAR)
    return PageLabels.of(np.ascontiguousarray(np.moveaxis(flat, 2, 0)), labels.dpi)


def _terms(along: Floats, across: Floats, degree: int) -> Floats:
    """Monomials that bend a line (all contain `along`); a line's own level is a separate unknown."""
    columns = [along, along * across]
    if degree >= 2:
        columns += [along**2, along**2 * across, along * across**2]
    if degree >= 3:
        columns += [along**3]
    return np.stack(columns, axis=1)


def _fit(rulings: Sequence[Ruling], size: tuple[float, float]) -> tuple[Floats, int] | None:
    """Coefficients of the displacement across the rulings, in units normalised by `size` (along, across).

    The level of each ruling is an unknown of its own; taking out each ruling's mean solves for it (Frisch, Waugh
    and Lovell), which leaves as many unknowns as there are terms. Outliers are weighed down (Huber).
    """
    if not rulings:
        return None
    degree = 1 if len(rulings) < 4 else 3
    groups = []
    for ruling in rulings:
        step = max(1, len(ruling.along) // 40)
        along = ruling.along[::step] / size[0] - 0.5
        across = ruling.across[::step] / size[1] - 0.5
        groups.append(np.column_stack([_terms(along, across, degree), -across]))
    bounds = np.cumsum([0, *(len(group) for group in groups)])
    matrix = np.vstack(groups)
    count = matrix.shape[1] - 1
    pull = np.diag(np.array([0.0, 1, 1, 1, 1, 1])[:count] * _RIDGE**2 * len(matrix)) + 1e-12 * np.eye(count)
    weight = np.ones(len(matrix))
    coefficients = np.zeros(count)
    for _ in range(4):
        centred = matrix.copy()
        for low, high in pairwise(bounds.tolist()):
            centred[low:high] -= np.average(matrix[low:high], axis=0, weights=weight[low:high])
        weighed = centred * weight[:, None] ** 2
        coefficients = np.linalg.solve(
            centred[:, :-1].T @ weighed[:, :-1] + pull, centred[:, :-1].T @ weighed[:, -1]
        )
        error = np.abs(centred[:, :-1] @ coefficients - centred[:, -1]) * size[1]
        weight = 1.0 / np.maximum(1.0, error / max(1.0, float(np.median(error)) * 2))
    return coefficients, degree


def _displace(
    fit: tuple[Floats, int] | None, along: Floats, across: Floats, size: tuple[float, float]
) -> Floats:
    if fit is None:
        return np.zeros_like(along)
    terms = _terms((along / size[0] - 0.5).ravel(), (across / size[1] - 0.5).ravel(), fit[1])
    return (terms @ fit[0]).reshape(along.shape) * size[1]


def _map_points(shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Places (x, y) of the samples of a coarse map over a page of that shape (rows, columns)."""
    rows, columns = (-(-side // MAP_STEP) for side in shape)
    ys, xs = np.mgrid[0:rows, 0:columns].astype(np.float64) * MAP_STEP + MAP_FIRST
    return xs, ys


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
    xs, ys = _map_points(shape)
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
    xs, ys = _map_points(shape)
    angle = np.radians(degrees)
    x, y = xs - width / 2, ys - height / 2
    source_x = np.cos(angle) * x - np.sin(angle) * y + width / 2
    source_y = np.sin(angle) * x + np.cos(angle) * y + height / 2
    return Warp(source_x.astype(np.float32), source_y.astype(np.float32), shape)
