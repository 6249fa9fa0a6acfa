"""Several specimens say which rows a form has and which a body chooses."""

from __future__ import annotations

import pytest

from extractor.drafting.several import join_specimens
from extractor.drafting.sums import find_sums
from extractor.drafting.tables import DraftBlock, DraftColumn, DraftRow, DraftTable, draft_tables
from extractor.drafting.yaml_file import write_draft
from extractor.forms.definition import parse_form
from extractor.values.page import Page, PageKind
from tests.extractor.drawn import blank_image
from tests.extractor.printed import lay_out

pytestmark = pytest.mark.issue(24)
_HEADS = ["项目", "年初数", "年末数"]


def specimen(*rows, heads=_HEADS):
    page = Page(1, PageKind.SCAN, 600, 800, blank_image(), (lay_out([list(heads), *map(list, rows)]),), ())
    return draft_tables([page])


def joined(*specimens):
    tables = join_specimens(specimens)
    form = parse_form(write_draft("mine", "a, b", tables), "mine.yaml")
    return tables[0].blocks[0], form.tables[0].blocks[0]


def test_rows_that_all_print_are_fixed_and_one_that_some_leave_out_is_optional_in_its_place():
    one = [("货币资金", "10", "20"), ("应收账款", "30", "40"), ("资产总计", "40", "60")]
    other = [("货币资金", "1", "2"), ("存货", "3", "4"), ("应收账款", "5", "6"), ("资产总计", "9", "12")]
    _, block = joined(specimen(*one), specimen(*other), specimen(*one))
    assert [(row.label, row.optional) for row in block.rows] == [
        ("货币资金", False),
        ("存货", True),
        ("应收账款", False),
        ("资产总计", False),
    ]
    assert block.open_rows is None


def test_rows_in_another_order_are_the_same_rows():
    one = [
        ("工资", "1", "2"),
        ("办公", "3", "4"),
        ("差旅", "5", "6"),
        ("会议", "7", "8"),
        ("合计", "16", "20"),
    ]
    order = [3, 0, 2, 1, 4]
    draft, block = joined(specimen(*one), specimen(*[one[i] for i in order]), specimen(*one))
    assert [(row.label, row.optional) for row in block.rows] == [(label, False) for label, *_ in one]
    assert all(row.others == (row.values, row.values) for row in draft.rows)


def test_rows_of_one_name_are_told_by_their_groups():
    def table(*rows):
        columns = (DraftColumn("数", (), 0.0, 1.0),)
        made = tuple(DraftRow(label, (group,), (value,)) for group, label, value in rows)
        return (DraftTable("情况表", (DraftBlock("", "", ("项目",), columns, made),)),)

    one = table(("甲类", "其他", 1.0), ("乙类", "工资", 2.0), ("乙类", "其他", 3.0))
    other = table(("乙类", "其他", 30.0), ("乙类", "工资", 20.0), ("甲类", "其他", 10.0))
    rows = join_specimens([one, other])[0].blocks[0].rows
    assert [(row.values, row.others) for row in rows] == [
        ((1.0,), ((10.0,),)),
        ((2.0,), ((20.0,),)),
        ((3.0,), ((30.0,),)),
    ]


def test_rows_that_differ_are_open_by_name_and_letters_misread_make_no_other_row():
    one = [("白水街道", "10", "20"), ("青山镇", "3", "4"), ("合计", "13", "24")]
    other = [("柳林乡", "1", "2"), ("石桥镇", "30", "40"), ("合计", "31", "42")]
    _, block = joined(specimen(*one), specimen(*other))
    assert block.open_rows.key == "name"
    assert [(row.id, row.label) for row in block.rows] == [("total", "合计")]
    misread = [("政府性基金预算拨款收入", "1", "2"), ("国有资本经营预算收入", "3", "4")]
    printed = [("政府性基金预算拔款收入", "1", "2"), ("国有资本经营预算收人", "3", "4")]
    _, block = joined(specimen(*misread), specimen(*printed))
    assert [row.optional for row in block.rows] == [False, False]
    # Other words are another row, however many letters agree.
    _, block = joined(
        specimen(*misread, ("其中：男", "1", "2"), ("女", "1", "2")),
        specimen(*misread, ("其中：女", "1", "2"), ("女", "1", "2")),
    )
    assert [row.label for row in block.rows if row.optional] == ["其中：女", "其中：男"]


def test_a_sum_that_holds_in_one_specimen_by_chance_is_none():
    one = [
        ("合计", "24512", "70134"),
        ("甲类", "20011", "70033"),
        ("乙类", "4501", "101"),
        ("丙类", "7", "8"),
    ]
    assert find_sums(specimen(*one)[0].blocks[0])
    other = [("合计", "50", "90"), ("甲类", "20", "70"), ("乙类", "22", "11"), ("丙类", "8", "9")]
    block, _ = joined(specimen(*one), specimen(*other))
    assert [found for found in find_sums(block) if not found.across] == []


def test_columns_whose_years_move_with_the_specimen_are_told_by_the_latest():
    rows = [("地区生产总值", "10", "20"), ("粮食产量", "3", "4")]
    _, block = joined(
        specimen(*rows, heads=["项目", "2022年", "2023年"]),
        specimen(*rows, heads=["项目", "2023年", "2024年"]),
    )
    assert [column.label for column in block.columns] == ["{year-1}年", "{year}年"]
    _, block = joined(*[specimen(*rows, heads=["项目", "2022年", "2023年"])] * 2)
    assert [column.label for column in block.columns] == ["2022年", "2023年"]


def test_a_list_of_codes_stays_open():
    one = [("201一般公共服务支出", "1", "2"), ("20101人大事务", "1", "2"), ("208社会保障支出", "1", "2")]
    other = [("205教育支出", "1", "2"), ("20502普通教育", "1", "2"), ("208社会保障支出", "1", "2")]
    _, block = joined(specimen(*one), specimen(*other))
    assert block.open_rows.key == "code" and block.open_rows.levels == (3, 5)


def test_a_table_that_the_others_do_not_have_is_as_one_specimen_shows_it():
    one = specimen(("货币资金", "10", "20"), ("存货", "1", "2"))
    other = specimen(("人数", "10"), ("户数", "1"), heads=["指标", "数量"])
    block, _ = joined(one, other)
    assert block == one[0].blocks[0]


def test_columns_that_differ_are_open_with_the_sums_down_them_and_those_that_are_called_so():
    def spent(*bodies, figures):
        rows = [("工资福利", *figures[0]), ("商品服务", *figures[1])]
        sums = [sum(map(float, column)) for column in zip(*figures, strict=True)]
        return specimen(*rows, ("支出总计", *map("{:g}".format, sums)), heads=("项目", "合计", *bodies))

    one = spent("财政局", "教育局", figures=(("300.75", "100.25", "200.5"), ("150.5", "50.25", "100.25")))
    other = spent(
        "水务局", "民政局", "司法局", figures=(("600", "100", "200", "300"), ("60", "10", "20", "30"))
    )
    _, block = joined(one, other)
    assert (block.columns, block.open_columns.totals, block.open_columns.decimals) == ((), ("合计",), True)
    assert [row.label for row in block.rows] == ["工资福利", "商品服务", "支出总计"]
    form = parse_form(write_draft("mine", "a, b", join_specimens([one, other])), "mine.yaml")
    assert [identity.left for _, identity in form.column_sums] == [("t1.r1.{column}", "t1.r2.{column}")]
