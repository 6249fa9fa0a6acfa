"""A form drafted from a specimen is a good form, and reads the specimen."""

from __future__ import annotations

import json

import pytest

from extractor.drafting.sums import find_equals, find_sums
from extractor.drafting.tables import DraftBlock, DraftColumn, DraftRow, DraftTable, draft_tables
from extractor.drafting.yaml_file import write_draft
from extractor.forms.check import check_form_text
from extractor.forms.definition import parse_form
from extractor.pipeline import extract_document, read_pages
from extractor.seams.errors import DocumentError
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.values.page import Page, PageKind, TextLine
from fixtures.generator.faces import FontsMissingError, require_faces
from models.engines import load_engine
from models.pages import load_labeller
from tests.extractor.drawn import blank_image
from tests.extractor.printed import lay_out
from tests.paths import ROOT
from tests.table_pdfs import scan, write_table

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_FIXTURES = ROOT / "fixtures"
_SETTLEMENTS = sorted((_FIXTURES / "forms" / "scans").glob("*.pdf"))
_ITEMS = ("货币资金", "短期投资", "应收账款", "存货", "固定资产", "资产总计")
_REPORTS = [_FIXTURES / "scans" / f"{name}.pdf" for name in ("dongfeng-2025", "dongfeng-2025-born")]


def replay(pdf):
    return load_engine(f"replay:{pdf.parent.parent / 'recordings' / pdf.stem}.npz")


def page_of(*tables, lines=()):
    return Page(1, PageKind.SCAN, 600, 800, blank_image(), tuple(tables), tuple(lines))


def draft(*pages):
    text = write_draft("mine", "specimen.pdf", draft_tables(pages))
    assert check_form_text(text)[1] == []
    return parse_form(text, "mine.yaml")


@pytest.mark.parametrize("pdf", [*_SETTLEMENTS, *_REPORTS], ids=lambda path: path.stem)
def test_a_draft_is_good_and_reads_its_specimen(pdf, monkeypatch):
    readers = Readers(replay(pdf), None, load_labeller())
    text = write_draft("drafted", pdf.name, draft_tables(read_pages(pdf, readers, Options())))
    assert check_form_text(text)[1] == []
    form = parse_form(text, "drafted.yaml")
    # Alone: the statutory forms describe some of these specimens as well.
    monkeypatch.setattr("extractor.pipeline.load_forms", lambda _: {form.id: form})
    result = extract_document(pdf, name=pdf.name, readers=readers, options=Options())
    (report,) = result.reports
    truth = json.loads(pdf.with_suffix(".truth.json").read_text(encoding="utf-8"))["reports"][0]["fields"]
    assert [field.value for field in report.fields] == list(truth.values())


@pytest.mark.parametrize("pdf", _SETTLEMENTS, ids=lambda path: path.stem)
def test_the_sums_of_a_settlement_are_found(pdf):
    form = draft(*read_pages(pdf, Readers(replay(pdf), None, load_labeller()), Options()))
    sides = {(identity.left, identity.right[0]) for identity in form.identities}
    income = [f"t1.b1.r{i}.c1" for i in range(2, 14)]
    assert (tuple(income[:8]), income[8]) in sides
    assert (tuple(income[8:11]), income[11]) in sides
    assert ((income[11],), "t1.b2.r31.c1") in sides
    assert len(form.identities) == 5


def test_an_empty_specimen_gives_the_same_rows():
    rows = [
        ["收费项目", "本年金额（万元）", "上年金额（万元）"],
        ["证照费", "", ""],
        ["检验费", "", ""],
        ["合计", "", ""],
    ]
    form = draft(page_of(lay_out(rows), lines=[TextLine(lay_out(rows).grid.box, "", 1.0)]))
    (block,) = form.tables[0].blocks
    assert [row.label for row in block.rows] == ["证照费", "检验费", "合计"]
    assert [(c.label, c.decimals) for c in block.columns] == [
        ("本年金额（万元）", True),
        ("上年金额（万元）", True),
    ]
    assert {spec.unit for spec in form.specs().values()} == {"万元"}
    assert (block.label_columns, form.identities) == (("收费项目",), ())


@pytest.mark.issue(24)
def test_a_list_of_codes_is_left_open_and_the_halves_of_one_are_one():
    head = ["科目编码", "科目名称", "决算数（万元）"]
    rows = [[*head, *head]]
    rows += [["301", "工资福利支出", "5.00", "302", "商品服务支出", "7.00"]]
    rows += [[f"3010{i}", f"工资其{i}项目", "1.00", f"3020{i}", f"费用其{i}项目", "2.00"] for i in range(3)]
    form = draft(page_of(lay_out(rows)))
    (block,) = form.tables[0].blocks
    assert (block.rows, block.open_rows.levels) == ((), (3, 5))
    assert [column.label for column in block.columns] == ["决算数（万元）"]
    # A list with words alone is not one of codes.
    rows = [["项目", "决算数"], *[[f"其{i}项目支出", "1"] for i in "一二三四"]]
    assert draft(page_of(lay_out(rows))).tables[0].blocks[0].open_rows is None


@pytest.mark.issue(24)
def test_the_total_of_a_list_of_codes_is_named():
    rows = [["科目编码", "科目名称", "决算数"], ["合计", "", "9"]]
    rows += [[f"20{i}", f"其{i}项目支出", "3"] for i in "123"]
    (block,) = draft(page_of(lay_out(rows))).tables[0].blocks
    assert [row.label for row in block.rows] == ["合计"]
    assert block.open_rows.levels == ()


@pytest.fixture(scope="module")
def readers():
    try:
        require_faces()
    except FontsMissingError as error:
        pytest.skip(str(error))
    return Readers(load_engine("fast"), None, load_labeller())


@pytest.mark.model
@pytest.mark.issue(24)
@pytest.mark.parametrize(
    ("apart", "is_scanned"), [(1.0, False), (3.0, False), (5.0, False), (4.0, True), (5.0, True)]
)
def test_cells_drawn_apart_are_no_columns_more(tmp_path, readers, apart, is_scanned):
    """Spreadsheets on the web frame every cell by itself, and leave paper between the frames."""
    rows = [["项目", "年初数", "本年数", "年末数"]]
    rows += [
        [item, f"{713 - 41 * i}", f"{2000 + 53 * i * i}", f"{310 + 91 * i}"] for i, item in enumerate(_ITEMS)
    ]
    path = write_table(tmp_path / "own.pdf", "某局2023年度资产情况表", rows, apart=apart)
    path = scan(path) if is_scanned else path
    text = write_draft("own", path.name, draft_tables(read_pages(path, readers, Options())))
    (block,) = parse_form(text, "own.yaml").tables[0].blocks
    assert [column.label for column in block.columns] == rows[0][1:]
    assert [row.label for row in block.rows] == list(_ITEMS)
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    options = Options(forms=(tmp_path / "own.yaml",))
    (report,) = extract_document(path, name=path.name, readers=readers, options=options).reports
    assert [field.value for field in report.fields] == [
        float(figure) for row in rows[1:] for figure in row[1:]
    ]


@pytest.mark.model
@pytest.mark.issue(24)
@pytest.mark.parametrize("gray", [0.2, 0.35])
def test_a_header_in_white_on_a_dark_ground_is_read(tmp_path, readers, gray):
    rows = [["项目", "年初数", "本年数", "年末数"], *[[item, "713", "2053", "91"] for item in _ITEMS]]
    path = scan(write_table(tmp_path / "own.pdf", "某局2023年度资产情况表", rows, head=gray))
    (table,) = draft_tables(read_pages(path, readers, Options()))
    assert [column.label for column in table.blocks[0].columns] == rows[0][1:]
    assert [row.label for row in table.blocks[0].rows] == list(_ITEMS)


@pytest.mark.issue(24)
def test_halves_of_an_empty_specimen_are_two_blocks():
    names = [
        ("货币资金", "短期借款"),
        ("应收账款", "应付账款"),
        ("存货", "长期借款"),
        ("资产总计", "负债总计"),
    ]
    rows = [["资产", "年初数", "年末数", "负债", "年初数", "年末数"]]
    rows += [[left, "", "", right, "", ""] for left, right in names]
    assets, debts = draft(page_of(lay_out(rows))).tables[0].blocks
    assert [row.label for row in assets.rows] == [left for left, _ in names]
    assert [row.label for row in debts.rows] == [right for _, right in names]
    assert {tuple(c.label for c in block.columns) for block in (assets, debts)} == {("年初数", "年末数")}


def test_numbered_columns_and_rows_are_no_fields():
    rows = [["项目", "行次", "本年", "上年"], ["栏次", "", "1", "2"]]
    rows += [
        [name, str(i), "5", "6"] for i, name in enumerate(["证照费", "检验费", "诉讼费", "登记费"], start=1)
    ]
    (block,) = draft(page_of(lay_out(rows))).tables[0].blocks
    assert [column.label for column in block.columns] == ["本年", "上年"]
    assert [row.id for row in block.rows] == [None, "r2", "r3", "r4", "r5"]


def test_a_table_that_goes_on_overleaf_is_one_table():
    head = ["项目", "本年", "上年"]
    first = lay_out([head, ["证照费", "5", "6"], ["检验费", "7", "8"]])
    second = lay_out([["诉讼费", "9", "1"], ["合计", "21", "15"]], page_no=2)
    form = draft(page_of(first), page_of(second))
    assert len(form.tables) == 1
    assert [row.label for row in form.tables[0].blocks[0].rows] == ["证照费", "检验费", "诉讼费", "合计"]


def test_a_column_of_units_gives_each_row_its_own_with_and_without_a_header():
    first = lay_out([["统计指标", "单位", "统计数"], ["公开信息数", "条", "114"], ["收到申请数", "件", "7"]])
    second = lay_out([["专职人员数", "人", "2"], ["收取的费用", "万元", "1.14"]], page_no=2)
    (block,) = draft(page_of(first), page_of(second)).tables[0].blocks
    assert [(row.label, row.unit) for row in block.rows] == [
        ("公开信息数", "条"),
        ("收到申请数", "件"),
        ("专职人员数", "人"),
        ("收取的费用", "万元"),
    ]
    assert block.columns[0].decimals


def test_a_page_without_a_table_of_figures_is_told():
    with pytest.raises(DocumentError, match="no table"):
        draft_tables([page_of()])
    with pytest.raises(DocumentError, match="no table"):
        draft_tables([page_of(lay_out([["姓名", "职务", "单位"], ["张三", "主任", "办公室"]]))])


def test_words_that_mean_something_in_yaml_are_quoted():
    odd = [
        "是: 否",
        "#一号项目",
        "- 其他项目",
        '"引号"项目',
        "一\\二项目",
        "{收入}项目",
        "null项",
        "甲,乙项目",
    ]
    form = draft(page_of(lay_out([["项目：", "数,量", "[数]"], *[[name, "1", "2"] for name in odd]])))
    (block,) = form.tables[0].blocks
    assert [row.label for row in block.rows] == odd
    assert [column.label for column in block.columns] == ["数,量", "[数]"]


def block_of(lines, columns=1, groups=()):
    rows = [
        DraftRow(label, tuple(groups[i]) if groups else (), tuple(values))
        for i, (label, *values) in enumerate(lines)
    ]
    heads = tuple(DraftColumn(f"c{i}", (), 0.0, 1.0) for i in range(columns))
    return DraftBlock("", "", (), heads, tuple(rows))


@pytest.mark.parametrize(
    ("lines", "sums"),
    [
        ([("甲", 10.5), ("乙", 20.25), ("合计", 30.75)], [(2, (0, 1))]),
        ([("合计", 30.75), ("甲", 10.5), ("乙", 20.25)], [(0, (1, 2))]),
        ([("甲", None), ("乙", 123.0), ("合计", 123.0)], [(2, (0, 1))]),
        # Blank where its parts are not, or another figure: it is no sum.
        ([("甲", 10.5), ("乙", 20.25), ("合计", None)], []),
        ([("甲", 10.5), ("乙", 20.25), ("合计", 30.76)], []),
        # Small numbers agree by chance.
        ([("甲", 1.0), ("乙", 2.0), ("丙", 3.0)], []),
        ([("甲", 1.0), ("乙", 2.0), ("合计", 3.0)], []),
        # Without a word for it the figures must be long.
        ([("甲", 1234.56), ("乙", 2345.67), ("丙", 3580.23)], [(2, (0, 1))]),
        # A subtotal begins a sum of its own.
        (
            [("甲", 0.0), ("乙", 20.5), ("丙", 10.25), ("小计", 30.75), ("丁", 5.5), ("总计", 36.25)],
            [(3, (0, 1, 2)), (5, (3, 4))],
        ),
    ],
)
def test_sums_of_rows_that_hold(lines, sums):
    assert [(s.total, s.parts) for s in find_sums(block_of(lines)) if not s.across] == sums


def test_a_sum_must_hold_in_every_column():
    good = [("甲", 10.5, 100.0), ("乙", 20.25, 23.0), ("合计", 30.75, 123.0)]
    assert [s.total for s in find_sums(block_of(good, 2)) if not s.across] == [2]
    bad = [*good[:2], ("合计", 30.75, 124.0)]
    assert [s for s in find_sums(block_of(bad, 2)) if not s.across] == []


def test_a_sum_stays_inside_its_bracket():
    lines = [("上年结转", 0.0), ("予以公开", 123.0), ("不予公开", 45.0), ("总计", 168.0)]
    groups = [(), ("办理结果",), ("办理结果",), ("办理结果",)]
    assert [s.parts for s in find_sums(block_of(lines, groups=groups))] == [(1, 2)]


def test_totals_of_two_halves_that_come_to_the_same():
    left, right = block_of([("甲", 30.75), ("总计", 36.25)]), block_of([("乙", 36.25), ("总计", 36.25)])
    (equal,) = find_equals(DraftTable("", (left, right)))
    assert (equal.one, equal.other) == ((0, 1), (1, 1))
    assert find_equals(DraftTable("", (left, block_of([("总计", 36.5)])))) == []
