from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.forms.definition import parse_form, table_specs
from extractor.matching.headers import HeaderWords, order_columns
from extractor.values.slot import Header
from tests.extractor.printed import lay_out, list_rows, make_cell, merge_cells, read, texts_of


def test_row_with_two_cells_run_together_names_the_others(printed, forms):
    rows, expected = printed
    table = lay_out(rows)
    merged = merge_cells(table, row=5, column=3)
    slots = read([merged], forms)
    texts = texts_of(slots)
    touched = {rows[5][3], rows[5][4]}
    for id_, text in expected.items():
        if text in touched:
            assert slots[id_].trouble, id_
        else:
            assert texts[id_] == text, id_


def test_a_row_that_shows_only_its_number_shows_no_figure():
    names = [f"{name}收入" for name in ("财政", "基金", "事业", "经营", "附属", "其他")]
    text = "id: o\ntitle: 收入表\ntables:\n- id: o\n  blocks:\n  - field: 'o.{row}'\n"
    text += "    label_columns: [项目, 行次]\n"
    text += "    columns: [{id: amount, label: 金额}]\n    rows:\n"
    text += "".join(f"    - {{id: r{place}, label: {name}}}\n" for place, name in enumerate(names))
    rows = [["项目", "行次", "金额"], *[[name, str(place + 1), "7"] for place, name in enumerate(names)]]
    table = lay_out(rows)
    lone = [cell for cell in table.cells if (cell.cell.row, cell.cell.column) != (3, 2)]
    short = replace(
        table, cells=tuple(lone), grid=replace(table.grid, cells=tuple(cell.cell for cell in lone))
    )
    found = texts_of(read([short], {"o": parse_form(text, "o.yaml")}))
    assert found == {f"o.r{place}": None if place == 2 else "7" for place in range(6)}


_TWO = """
id: o
title: 资产表
tables:
- id: o
  blocks:
  - field: 'o.{row}.{column}'
    columns: [{id: begin, label: %s}, {id: end, label: %s}]
    rows:
    - {id: cash, label: 货币资金}
    - {id: stock, label: 存货}
    - {id: debt, label: 应收账款}
    - {id: land, label: 固定资产}
"""


@pytest.mark.issue(24)
@pytest.mark.parametrize(
    ("wanted", "printed", "begin", "end"),
    [
        (("年初数", "年末数"), ["年初数", "年末数"], "1", "2"),
        (("年初数", "年末数"), ["年末数", "年初数"], "2", "1"),
        (("年初数", "年末数"), ["年末数", "本月数"], None, "1"),
        (("年初数", "年末数"), ["年初数", "本月数"], "1", None),
        (("年初数", "年末数"), ["预算数", "年末数"], None, "2"),
        (("年初数", "年末数"), ["计划额", "实际额"], None, None),
        (("2022年", "2023年"), ["2023年", "2022年"], "2", "1"),
        (("2022年", "2023年"), ["2022年", "2024年"], "1", None),
        (("2023年", "2022年"), ["2024年", "2023年"], "2", None),
        # A ruling between the words was lost: they tell of no column.
        (("上一年项目数量", "本年增减"), ["", "上一年项目数量本年增/减"], "1", "2"),
        (("上一年项目数量", "本年增减"), ["", "上一年项日数量本年增减"], "1", "2"),
        # A ruling too many may have parted the one column.
        (("年初预算数", "预算数"), ["年初预算数", "年初预算数"], None, None),
    ],
)
def test_two_columns_are_named_by_their_words(wanted, printed, begin, end):
    names = ("货币资金", "存货", "应收账款", "固定资产")
    table = lay_out([["项目", *printed], *[[name, "1", "2"] for name in names]])
    slots = read([table], {"o": parse_form(_TWO % wanted, "o.yaml")})
    told = {
        key: text if slots[key].header is Header.FITS and not slots[key].trouble else None
        for key, text in texts_of(slots).items()
    }
    assert {text for key, text in told.items() if key.endswith("begin")} == {begin}
    assert {text for key, text in told.items() if key.endswith("end")} == {end}


def test_field_of_a_missing_row_has_no_cell(printed, forms):
    rows, _ = printed
    slots = read([lay_out(rows[:10] + rows[11:])], forms)
    lost = [slot for slot in slots.values() if slot.cell is None]
    assert len(slots) == 175
    assert len(lost) == 7
    assert len({slot.spec.row_label for slot in lost}) == 1


def test_columns_of_a_piece_without_header_are_those_of_the_piece_with_one(printed, forms):
    rows, expected = printed
    slots = read([lay_out(rows[:12]), lay_out(rows[12:], page_no=2)], forms)
    assert texts_of(slots) == expected
    assert {slot.trouble for slot in slots.values()} == {None}


def test_table_without_any_header_is_not_trusted(printed, forms):
    rows, _ = printed
    slots = read([lay_out(rows[1:])], forms)
    assert all(slot.trouble for slot in slots.values())


def test_lost_first_column_does_not_shift_the_others(printed, forms):
    rows, expected = printed
    lost = {row[1] for row in rows[1:]}
    slots = read([lay_out([[row[0], *row[2:]] for row in rows])], forms)
    texts = texts_of(slots)
    assert {i for i, t in texts.items() if t not in (expected[i], None)} == set()
    assert all(texts[i] is None for i, text in expected.items() if text in lost)


def test_header_orders_columns_and_leaves_out_what_is_none_of_them(table):
    block = table.blocks[0]
    labels = [column.label for column in block.columns]

    def order(*texts):
        return order_columns([HeaderWords(text, 0.99) for text in texts], block)

    assert order(*labels) == list(range(7))
    assert order("序号", *labels) == [None, *range(7)]
    assert order(*labels[1:]) == list(range(1, 7))
    assert order("", *labels[1:])[1:] == list(range(1, 7))


def test_values_that_a_page_break_cut_off_go_to_their_own_row(table, forms):
    """A row begins at the foot of a page with its values and shows its label on the next, both beside blank rows."""
    data = [row for block in table.blocks for row in block.rows if row.id]
    texts = {spec.id: "" for spec in table_specs(table)}
    split = next(i for i, row in enumerate(data) if row.id == "refused.public_safety")
    own = [spec.id for spec in table_specs(table) if ".public_safety." in spec.id]
    rows = list_rows(table, texts.values())
    place = next(i for i, row in enumerate(rows) if row[0] == data[split].label)
    values = ["", "", "9", "", "", "8", "17"]
    first, second = [*rows[:place], ["", *values]], rows[place:]
    slots = read([lay_out(first), lay_out(second, page_no=2)], forms)
    assert [slots[id_].cell.text for id_ in own] == values
    blank = [spec.id for spec in table_specs(table) if ".barred_by_law." in spec.id]
    assert [slots[id_].cell.text for id_ in blank] == [""] * 7
    assert all(slots[id_].row_name.evidence < 0.5 for id_ in own)


def test_wide_cell_gives_its_figure_to_the_column_it_stands_in(table, forms):
    """A row that prints hardly anything shows a cell over several columns, its one figure under one of them."""
    expected = {spec.id: str(100 + i) for i, spec in enumerate(table_specs(table))}
    rows = list_rows(table, expected.values())
    laid = lay_out(rows)
    own = [spec.id for spec in table_specs(table) if spec.id.startswith("requests.granted.")]
    row = next(i for i, cells in enumerate(rows) if cells[1:2] == [expected[own[0]]])
    wide = _merge_row(laid, row, keep=len(own) - 1)
    slots = read([wide], forms)
    assert [slots[key].cell.text for key in own] == [""] * (len(own) - 1) + [expected[own[-1]]]
    assert {slots[key].trouble for key in own} == {None}


def test_labels_beside_which_only_totals_are_printed_leave_the_other_columns_blank(table, forms):
    """Overleaf, without a header, the words alone show two columns: labels, and the totals far right of them."""
    data = [row for block in table.blocks for row in block.rows if row.id]
    texts = [text for i in range(len(data)) for text in [*[""] * 6, str(100 + i)]]
    rows = list_rows(table, texts)
    first, second = lay_out(rows[:12]), lay_out(rows[12:], page_no=2)
    keys = [spec.id for spec in table_specs(table)]
    slots = read([first, _widen_labels(second)], forms)
    assert texts_of(slots) == dict(zip(keys, texts, strict=True))
    assert {slot.trouble for slot in slots.values()} == {None}


def _widen_labels(table):
    """The table with cells of labels that reach to the last column."""
    last = max(c.cell.column for c in table.cells)
    cells = []
    for read_cell in table.cells:
        cell = read_cell.cell
        if cell.column == 0:
            end = next(c.cell.box for c in table.cells if c.cell.row == cell.row and c.cell.column == last)
            wide = replace(cell, column_end=last, box=replace(cell.box, right=end.left))
            ink = make_cell(cell, read_cell.text).ink
            cells.append(replace(make_cell(wide, read_cell.text), ink=ink))
        elif cell.column == last:
            cells.append(read_cell)
    grid = replace(table.grid, cells=tuple(c.cell for c in cells))
    return replace(table, grid=grid, cells=tuple(cells))


def _merge_row(table, row, *, keep):
    """The table with all values of a row in one cell, of which only that of column `keep` is printed."""
    values = [c for c in table.cells if c.cell.row == row and c.cell.column > 0]
    shown = values[keep]
    box = values[0].cell.box.union(values[-1].cell.box)
    joined = replace(shown, cell=replace(shown.cell, column=1, box=box))
    kept = [c for c in table.cells if c not in values]
    grid = replace(table.grid, cells=tuple(c.cell for c in [*kept, joined]))
    return replace(table, grid=grid, cells=(*kept, joined))


def test_row_cut_before_a_header_printed_once_more_finds_its_values(table, forms):
    """The values stand at the foot of a page; the next one repeats the header before it goes on with the label."""
    texts = {spec.id: "0" for spec in table_specs(table)}
    own = [spec.id for spec in table_specs(table) if ".public_safety." in spec.id]
    rows = list_rows(table, texts.values())
    header = rows[: next(i for i, row in enumerate(rows) if row[1:2] == ["0"])]
    label = next(
        row.label for block in table.blocks for row in block.rows if row.id == "refused.public_safety"
    )
    place = next(i for i, row in enumerate(rows) if row[0] == label)
    values = ["1", "2", "3", "4", "5", "6", "21"]
    first = [*rows[:place], ["", *values]]
    second = [*header, [label, *[""] * 7], *rows[place + 1 :]]
    slots = read([lay_out(first), lay_out(second, page_no=2)], forms)
    assert [slots[key].cell.text for key in own] == values
    assert {slots[key].row_name.evidence for key in own} == {1.0}


def test_second_blank_row_overleaf_takes_no_values_of_the_row_that_was_cut(table, forms):
    texts = {spec.id: "0" for spec in table_specs(table)}
    ids = [row.id for block in table.blocks for row in block.rows if row.id]
    first, second = ids[5:7]
    rows = list_rows(table, texts.values())
    labels = [row.label for block in table.blocks for row in block.rows if row.id in (first, second)]
    place = next(i for i, row in enumerate(rows) if row[0] == labels[0])
    values = ["1", "2", "3", "4", "5", "6", "21"]
    blank = [[label, *[""] * 7] for label in labels]
    slots = read(
        [lay_out([*rows[:place], ["", *values]]), lay_out([*blank, *rows[place + 2 :]], page_no=2)], forms
    )
    found = [[slots[key].cell.text for key in slots if f".{row}." in key] for row in (first, second)]
    assert found == [values, [""] * 7]


def test_figures_of_a_row_that_stand_in_no_column_are_counted(table, forms):
    """A column more than the form has: what one row shows there was given to none of its fields."""
    rows = list_rows(table, {spec.id: "" for spec in table_specs(table)}.values())
    wider = [[*row, ("9" if row[0] == "（一）予以公开" else "")] if len(row) > 1 else row for row in rows]
    wider[0][-1] = "备注"
    slots = read([lay_out(wider)], forms)
    own = {key for key in slots if key.startswith("requests.granted.")}
    assert {slots[key].unclaimed for key in own} == {1}
    assert {slot.unclaimed for key, slot in slots.items() if key not in own} == {0}


def test_empty_cells_between_the_figures_of_a_block_are_no_columns(forms):
    table = forms["gio-2019"].table("disclosure")
    expected = {spec.id: str(100 + i) for i, spec in enumerate(table_specs(table))}
    rows = list_rows(table, expected.values())
    (place,) = (i for i, row in enumerate(rows) if "行政事业性收费" in row[0])
    label, first, second = rows[place]
    rows[place] = [label, "", "", first, "", second]
    texts = texts_of(read([lay_out(rows)], forms))
    fees = {id_ for id_ in expected if ".fees." in id_}
    assert len(fees) == 2
    assert {id_: texts[id_] for id_ in fees} == {id_: expected[id_] for id_ in fees}


def test_row_that_a_page_break_cut_is_named_by_its_label_where_the_row_before_has_figures(table, forms):
    """Half of a label and the values stand at the foot of a page, the rest of the label on the next."""
    expected = {spec.id: str(100 + i) for i, spec in enumerate(table_specs(table))}
    own = [spec.id for spec in table_specs(table) if ".public_safety." in spec.id]
    label = next(
        row.label for block in table.blocks for row in block.rows if row.id == "refused.public_safety"
    )
    rows = list_rows(table, expected.values())
    place = next(i for i, row in enumerate(rows) if row[0] == label)
    values = rows[place][1:]
    for cut in (0, 3):
        first = [*rows[:place], [label[:cut], *values]]
        second = [[label[cut:], *[""] * 7], *rows[place + 1 :]]
        slots = read([lay_out(first), lay_out(second, page_no=2)], forms)
        assert texts_of(slots) == expected
        assert all(slots[key].row_name.evidence > 0.9 for key in own)


@pytest.mark.parametrize(("lines", "similarity"), [(1.0, 1.0), (2.0, 0.3)])
def test_figures_far_below_the_middle_of_a_label_are_not_named_by_it(printed, forms, lines, similarity):
    """Labels of two rows in one cell: the figures beside them may be of either."""
    rows, _ = printed
    laid = lay_out(rows)
    place = next(i for i, row in enumerate(rows) if row[0] == "（一）予以公开")
    cells = tuple(_lowered(c, lines) if c.cell.row == place and c.cell.column else c for c in laid.cells)
    slots = read([replace(laid, cells=cells)], forms)
    assert {s.row_name.evidence for key, s in slots.items() if key.startswith("requests.granted.")} == {
        similarity
    }


def _lowered(cell, lines):
    down = lines * cell.ink.height
    return replace(cell, ink=replace(cell.ink, top=cell.ink.top + down, bottom=cell.ink.bottom + down))


def test_a_blank_row_takes_no_figures_from_another_table(forms):
    """A disputes table without any figure, alone on a page with its header, after one that ends with figures."""
    form = forms["gio-2021"]
    requests, disputes = form.table("requests"), form.table("disputes")
    first = lay_out(list_rows(requests, (str(100 + i) for i, _ in enumerate(table_specs(requests)))))
    second = lay_out(list_rows(disputes, ("" for _ in table_specs(disputes))), page_no=2, labelled=False)
    slots = read([first, second], forms)
    assert {slot.cell.text for key, slot in slots.items() if key.startswith("disputes.")} == {""}


def test_a_blank_row_takes_no_figures_from_one_with_a_name_of_its_own(forms):
    """An office adds a row of its own below a row for which it prints nothing."""
    table = forms["gio-2021"].table("disclosure")
    own = [spec.id for spec in table_specs(table) if ".normative_documents." in spec.id]
    texts = {spec.id: "" if spec.id in own else str(100 + i) for i, spec in enumerate(table_specs(table))}
    rows = list_rows(table, texts.values())
    place = next(i for i, row in enumerate(rows) if row[0] == "行政规范性文件")
    rows.insert(place + 1, ["其他主动公开文件", "47", "371", "264"])
    assert texts_of(read([lay_out(rows)], forms)) == texts


def test_figures_at_the_foot_of_a_page_go_to_the_row_overleaf_not_to_the_blank_one_above(table, forms):
    """The next page repeats the header before the label of the row that the break cut."""
    texts = {spec.id: "0" for spec in table_specs(table)}
    keys = {name: [key for key in texts if f".{name}." in key] for name in ("barred_by_law", "public_safety")}
    rows = list_rows(table, [("" if key in keys["barred_by_law"] else "0") for key in texts])
    header = rows[: next(i for i, row in enumerate(rows) if row[1:2] == ["0"])]
    label = next(
        row.label for block in table.blocks for row in block.rows if row.id == "refused.public_safety"
    )
    place = next(i for i, row in enumerate(rows) if row[0] == label)
    values = ["", "6", "", "", "", "", "6"]
    first = [*rows[:place], ["", *values]]
    second = [*header, [label, *[""] * 7], *rows[place + 1 :]]
    slots = read([lay_out(first), lay_out(second, page_no=2)], forms)
    assert [slots[key].cell.text for key in keys["public_safety"]] == values
    assert [slots[key].cell.text for key in keys["barred_by_law"]] == [""] * 7


def test_a_label_in_one_cell_with_a_blank_value_leaves_it_blank(forms):
    """Where no ruling parts them and nothing is printed in the value's column, its words alone tell a cell."""
    table = forms["gio-2021"].table("disclosure")
    keys = [spec.id for spec in table_specs(table)]
    own = next(key for key in keys if ".normative_documents." in key)
    texts = {key: "" if key == own else str(100 + i) for i, key in enumerate(keys)}
    rows = list_rows(table, texts.values())
    row = next(i for i, cells in enumerate(rows) if cells[0] == "行政规范性文件")
    laid = lay_out(rows)
    label, value = (next(c for c in laid.cells if (c.cell.row, c.cell.column) == (row, i)) for i in (0, 1))
    box = label.cell.box.union(value.cell.box)
    joined = replace(label, cell=replace(label.cell, column_end=value.cell.column_end, box=box))
    cells = tuple(joined if c is label else c for c in laid.cells if c is not value)
    slots = read(
        [replace(laid, grid=replace(laid.grid, cells=tuple(c.cell for c in cells)), cells=cells)], forms
    )
    assert texts_of(slots) == texts
    assert slots[own].is_blank


def test_words_overleaf_without_cells_name_the_figures_at_the_foot_of_the_page(table, forms):
    """What is left of the row's verticals overleaf is too short to be seen: its label is all there is."""
    texts = {spec.id: str(100 + i) for i, spec in enumerate(table_specs(table))}
    rows = list_rows(table, texts.values())
    place = max(i for i, row in enumerate(rows) if len(row) > 2) - 2
    first = [*rows[:place], ["", *rows[place][1:]]]
    second = [[rows[place][0]], *rows[place + 1 :]]
    assert texts_of(read([lay_out(first), lay_out(second, page_no=2)], forms)) == texts
