"""What the ink of a cell says besides its reading."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest

from extractor.trust.ink_features import InkContext, measure_crossing
from extractor.values.geometry import Box
from extractor.values.reason import Trouble
from tests.extractor.trust.test_features import decoded


def told(found, key, **changes):
    """Ink features of a field, its ink or trouble changed after what is usual was learned."""
    context = InkContext(found)
    slot = next(s for s in found.slots if s.spec.id == key)
    if "ink" in changes:
        slot = replace(slot, cell=replace(slot.cell, ink=changes["ink"]))
    if "trouble" in changes:
        slot = replace(slot, trouble=changes["trouble"])
    return asdict(context.evidence(slot, found.best(key)))


FOUND = decoded({"a": 24, "b": 35, "c": 56})


def test_ink_at_the_side_of_its_cell_may_be_cut():
    box = FOUND.slots[0].cell.cell.box
    cut = Box(box.left, box.top + 4, box.left + 40, box.bottom - 4)
    assert told(FOUND, "a", ink=cut)["gap_side"] == pytest.approx(0.0)
    assert told(FOUND, "a")["gap_side"] > 0


def test_ink_wider_than_its_digits_shows_one_was_lost():
    usual = told(FOUND, "a")["digit_width"]
    box = FOUND.slots[0].cell.ink
    wide = Box(box.left, box.top, box.left + 1.5 * box.width, box.bottom)
    assert usual == pytest.approx(1.0)
    assert told(FOUND, "a", ink=wide)["digit_width"] == pytest.approx(1.5)


def test_a_blank_has_no_width_to_tell():
    found = told(FOUND, "a", ink=None)
    assert (found["digit_width"], found["digit_height"]) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("trouble", "feature"),
    [
        (Trouble.ODD_BLANK, "trouble_blank"),
        (Trouble.NO_HEADER, "trouble_header"),
        (Trouble.DIVIDED, "trouble_cut"),
        (Trouble.RUN_TOGETHER, "trouble_cut"),
    ],
)
def test_each_trouble_is_a_feature(trouble, feature):
    found = told(FOUND, "a", trouble=trouble)
    troubles = {name: value for name, value in found.items() if name.startswith("trouble_")}
    assert troubles == {name: float(name == feature) for name in troubles}


def test_every_trouble_is_some_feature():
    for trouble in Trouble:
        assert any(value for name, value in told(FOUND, "a", trouble=trouble).items() if "trouble_" in name)


def drawn(*dark):
    """A page with a cell (20, 10, 80, 50) and dark boxes (left, top, right, bottom)."""
    gray = np.full((60, 100), 255, dtype=np.uint8)
    for left, top, right, bottom in dark:
        gray[top:bottom, left:right] = 20
    return gray


def test_a_figure_that_runs_over_the_side_of_its_cell_is_crossed():
    cell, ink = Box(20.0, 10.0, 80.0, 50.0), Box(22.0, 20.0, 40.0, 40.0)
    cut = drawn((14, 22, 30, 26), (14, 34, 30, 38), (34, 20, 40, 40))
    assert measure_crossing(cut, cell, ink) == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize("ruling", [(19, 0, 22, 60), (19, 0, 22, 12)])
def test_a_ruling_beside_a_figure_does_not_run_over_it(ruling):
    cell, ink = Box(20.0, 10.0, 80.0, 50.0), Box(30.0, 20.0, 40.0, 40.0)
    assert measure_crossing(drawn(ruling, (30, 20, 40, 40)), cell, ink) <= 0.0
