"""Frames of a page: the rendered raster, and the way from the straight page back to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from extractor.seams.engine import Gray
from extractor.values.geometry import Box

Floats: TypeAlias = NDArray[np.float64]

#: PDF user space units per inch.
POINTS_PER_INCH = 72.0
#: Spacing of the coarse map from which the full one is interpolated (pixels).
MAP_STEP = 16
#: Pixel of the first sample: cv2.resize takes a sample for the middle of the pixels it stands for.
MAP_FIRST = (MAP_STEP - 1) / 2
#: Places between two samples of the coarse map that are told apart, as cv2.remap does: half a pixel of the page.
_PLACES = 32


@dataclass(frozen=True, slots=True)
class Raster:
    """A rendered page: gray (0 ink to 255 paper), its dpi, and where coloured ink lay (True), same shape.

    damaged: the data of a picture on it is, so that it may show what was never there.
    """

    gray: Gray
    dpi: float
    coloured: NDArray[np.bool_] | None
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Warp:
    """Where points of a flattened page lie on the page image it was made from (pixels, top-left origin).

    map_x, map_y: source coordinates at a coarse grid of points of the flattened page, `MAP_STEP` pixels apart.
    shape: rows and columns of the flattened page.
    """

    map_x: NDArray[np.float32]
    map_y: NDArray[np.float32]
    shape: tuple[int, int]

    def to_source(self, points: Floats) -> Floats:
        """Map points (n × 2, x and y) of the flattened page onto the source image."""
        grid = ((np.asarray(points) - MAP_FIRST) / MAP_STEP).astype(np.float32)
        rows, columns = self.map_x.shape
        x, x_share = _split_places(np.clip(grid[:, 0], 0, columns - 1))
        y, y_share = _split_places(np.clip(grid[:, 1], 0, rows - 1))
        right, below = np.minimum(x + 1, columns - 1), np.minimum(y + 1, rows - 1)
        found = [
            m[y, x] * ((1 - y_share) * (1 - x_share))
            + m[y, right] * ((1 - y_share) * x_share)
            + m[below, x] * (y_share * (1 - x_share))
            + m[below, right] * (y_share * x_share)
            for m in (self.map_x, self.map_y)
        ]
        return np.stack(found, axis=1).astype(np.float64)

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


def _split_places(at: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The sample before each place, and the share of the way from it to the next."""
    places = np.rint(at.astype(np.float64) * _PLACES).astype(np.int64)
    return places // _PLACES, (places % _PLACES).astype(np.float32) / np.float32(_PLACES)
