"""Rows that a line drawn through them cuts in two."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.forms.definition import parse_form
from extractor.values.geometry import Box
from tests.extractor.printed import lay_out, read

_NAMES = ("货币资金", "应收账款", "固定资产")
_FORM = "id: o\ntitle: 资产表\ntables:\n- id: o\n  blocks:\n  - field: 'o.{row}.{column}'\n"
_FORM += "    columns: [{id: begin, label: 年初数}, {id: end, label: 年末数}, {id: mean, label: 平均数}]\n    rows:\n"
_FORM += "".join(f"    - {{id: r{place}, label: {name}}}\n" for place, name in enumerate(_NAMES))


@pytest.mark.parametrize(("is_at_line", "texts"), [(True, ["7", "8", "9"]), (False, ["-", "-", "-"])])
def test_dashes_under_figures_that_end_at_the_line_are_what_is_left_of_it(is_at_line, texts):
    rows = [["项目", "年初数", "年末数", "平均数"], [_NAMES[0], "1", "2", "3"], ["", "7", "8", "9"]]
    rows += [[_NAMES[1], "-", "-", "-"], [_NAMES[2], "4", "5", "6"]]
    table = lay_out(rows)
    if is_at_line:
        table = replace(
            table, cells=tuple(_lower(cell) if cell.cell.row == 2 else cell for cell in table.cells)
        )
    slots = read([table], {"o": parse_form(_FORM, "o.yaml")})
    row = [slots[f"o.r1.{column}"] for column in ("begin", "end", "mean")]
    assert [slot.cell.text for slot in row] == texts
    assert row[0].row_name.is_sure is not is_at_line


@pytest.mark.parametrize("other", ["政策性文件", ""])
def test_figures_before_the_end_of_a_page_are_those_of_the_row_that_begins_the_next(other):
    """A blank row of the form's further down takes none of them, whether the form has the row between or not."""
    rows = [["项目", "年初数", "年末数", "平均数"], [_NAMES[0], "1", "2", "3"], ["", "35", "26", "122"]]
    overleaf = [[other, "", "", ""]] * bool(other)
    overleaf += [["项目", "年初数", "年末数", "平均数"], [_NAMES[1], "", "", ""], [_NAMES[2], "4", "5", "6"]]
    slots = read([lay_out(rows), lay_out(overleaf, page_no=2)], {"o": parse_form(_FORM, "o.yaml")})
    # Without the row between the figures are the other half of the form's own, which is blank there.
    assert slots["o.r1.begin"].cell.text == ("" if other else "35")


def _lower(cell):
    """The cell with its figure standing on the side below it."""
    if cell.ink is None:
        return cell
    box = cell.cell.box
    return replace(cell, ink=Box(cell.ink.left, box.bottom - 12, cell.ink.right, box.bottom - 1))
