"""Header words that stand so close that they run on: the figures under them tell the columns."""

from __future__ import annotations

import pytest

from extractor.ink.glyphs import separate_ink
from extractor.layout.borderless import find_text_grids
from extractor.layout.figure_columns import tell_joined
from extractor.values.geometry import Box
from extractor.values.level import Level
from tests.extractor.drawn import label, paper, write_han, write_number

_COLUMNS = [100 + 64 * i for i in range(14)]


def draw(shown, scale=0.7):
    """Fourteen columns whose first and last two header words run on, over one row of figures in some of them."""
    page = paper(400, 1040)
    for x in _COLUMNS[2:-2]:
        write_han(page, 2, x - 22, 140)
    for x in (_COLUMNS[0], _COLUMNS[-2]):
        write_han(page, 4, x - 14, 140)
    for i in shown:
        write_number(page, "7", (_COLUMNS[i], 200), scale=scale)
    levels = [Level(float(y), ((70.0, 970.0),)) for y in (110, 170, 230)]
    return find_text_grids(separate_ink(page, label(page, 200.0), []), [], levels)


@pytest.mark.parametrize("scale", [0.7, 0.95], ids=["lower-than-words", "as-high-as-words"])
def test_evenly_spaced_figures_part_the_columns_of_joined_words(scale):
    (grid,) = draw(range(len(_COLUMNS)), scale)
    cells = {c.column for c in grid.cells for x in _COLUMNS if c.box.contains(x, 200)}
    assert len(cells) == len(_COLUMNS)


def figures(places, y=200):
    return [Box(x - 6.0, y - 9.0, x + 6.0, y + 9.0) for x in places]


@pytest.mark.parametrize(
    "shown",
    [_COLUMNS[:5] + _COLUMNS[6:], [*_COLUMNS[:13], _COLUMNS[12] + 40], _COLUMNS[1:]],
    ids=["one-blank", "uneven", "first-blank"],
)
def test_figures_tell_nothing_where_one_may_be_blank(shown):
    heads = [(x - 22.0, x + 22.0) for x in _COLUMNS[:1] + _COLUMNS[2:10] + _COLUMNS[-1:]]
    assert tell_joined(heads, figures(shown), 20.0) == []


def test_figures_tell_nothing_where_a_line_shows_fewer():
    heads = [(x - 22.0, x + 22.0) for x in _COLUMNS[:1] + _COLUMNS[3:]]
    both = [*figures(_COLUMNS), *figures(_COLUMNS[1:], 240)]
    assert tell_joined(heads, both, 20.0) == []
    assert len(tell_joined(heads, figures(_COLUMNS), 20.0)) == len(_COLUMNS)
