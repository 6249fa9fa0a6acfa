"""One page from raster to the straight page: lit evenly, upright, nothing lying over its print, its tables found."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.layout.grids import find_grids
from extractor.scan.broad_gray import lift_broad_gray
from extractor.scan.cleaning import (
    darken_pale,
    erase_edges,
    find_ink,
    flatten_light,
    turn_dark_blocks,
    turn_negative,
)
from extractor.scan.crossings import join_crossings
from extractor.scan.seals import lift_seals
from extractor.scan.sheets import find_gutter, lay_below
from extractor.scan.straighten import find_warp, label_page, straighten_labels
from extractor.scan.streaks import lift_streaks
from extractor.scan.upright import UPRIGHT_SCORE, find_rotation, is_blank, measure_skew, rotate
from extractor.scan.warp import flatten, rotation_warp
from extractor.seams.engine import Gray, OcrEngine
from extractor.seams.labeller import PageLabeller
from extractor.values.frame import Raster
from extractor.values.grid import Grid
from extractor.values.labels import PageLabels
from extractor.values.level import Level
from extractor.values.page import COLOUR_STEP, HeldPicture, PageImage

#: Skew (degrees) up to which lines are read without turning the page first.
READ_SKEW = 1.2


def straighten_page(
    raster: Raster, engine: OcrEngine, labeller: PageLabeller, *, usual: int | None = None
) -> PageImage | None:
    """Turn a raster upright, flatten it and find its grids; None for a blank page.

    usual: the turn that the page before needed, degrees clockwise; None where that is not known.
    """
    dpi = raster.dpi
    lit = flatten_light(turn_dark_blocks(turn_negative(raster.gray, dpi), dpi), dpi)
    printed = erase_edges(lift_broad_gray(lit, dpi), dpi)
    flat = darken_pale(printed)
    if is_blank(flat, dpi):
        return None
    skew = measure_skew(find_ink(flat))
    level = flatten(flat, rotation_warp(flat.shape, skew)) if abs(skew) > READ_SKEW else flat
    rotation, score = find_rotation(level, dpi, engine, usual=usual)
    if score < UPRIGHT_SCORE and is_blank(printed, dpi):
        # What shines through from the other side is as dark as pale type, but nobody can read it.
        return None
    flat, streaks = lift_streaks(rotate(flat, rotation) if rotation else flat, dpi)
    sheet, gutter = flat.shape, find_gutter(flat, dpi)
    cut = sum(gutter) // 2 if gutter is not None else None
    if gutter is not None:
        flat, streaks = lay_below(flat, gutter), lay_below(streaks, gutter) if streaks is not None else None
    labels = label_page(flat, dpi, labeller, streaks)
    warp, skew = find_warp(flat, labels)
    straight = flatten(flat, warp) if warp is not None else flat
    labels = straighten_labels(labels, warp)
    straight = lift_seals(straight, dpi)
    labels, grids, levels = _find_tables(straight, labels)
    coloured = _coarsen(raster.coloured) if raster.coloured is not None else None
    return PageImage(
        HeldPicture(straight, labels, coloured),
        dpi,
        rotation,
        skew,
        warp,
        sheet,
        score,
        tuple(grids),
        tuple(levels),
        cut,
        raster.damaged,
    )


def _find_tables(straight: Gray, labels: PageLabels) -> tuple[PageLabels, list[Grid], list[Level]]:
    """The tables of a straight page, and its labels with rulings where only their crossings were left."""
    grids, levels = find_grids(labels)
    joined = join_crossings(labels, straight, [grid.box for grid in grids])
    return (labels, grids, levels) if joined is labels else (joined, *find_grids(joined))


def _coarsen(coloured: NDArray[np.bool_]) -> Gray:
    size = max(1, coloured.shape[1] // COLOUR_STEP), max(1, coloured.shape[0] // COLOUR_STEP)
    shares = cv2.resize(coloured.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA)
    return np.asarray(shares, dtype=np.uint8)
