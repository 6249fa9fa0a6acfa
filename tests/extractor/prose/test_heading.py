from __future__ import annotations

import pytest

from extractor.prose.heading import list_lines, parse_year, read_heading
from extractor.values.geometry import Box
from extractor.values.page import Page, PageKind, TextLine
from extractor.values.result import FieldStatus
from tests.extractor.drawn import blank_image

_HEIGHT, _STEP, _LEFT, _RIGHT = 14.0, 26.0, 90.0, 510.0


def line(text, top, *, left=_LEFT, right=None, height=_HEIGHT, score=0.98):
    end = min(_RIGHT, left + height * len(text)) if right is None else right
    return TextLine(Box(left, top, end, top + height), text, score)


def page(lines, page_no=1, tables=()):
    return Page(page_no, PageKind.TEXT, 595.0, 842.0, blank_image(dpi=72.0), tuple(tables), tuple(lines))


def heading_of(*texts, height=22.0):
    """Heading of a page with these title lines, centred, and a line of prose."""
    lines = [line(t, 80 + i * 40, left=297 - len(t) * 11, height=height) for i, t in enumerate(texts)]
    lines.append(line("根据《中华人民共和国政府信息公开条例》的规定，编制本报告。", 100 + 40 * len(texts)))
    return read_heading(list_lines([page(lines)]))


@pytest.mark.parametrize(
    ("texts", "organ", "year"),
    [
        (("东风区人民政府办公室", "2025年政府信息公开工作年度报告"), "东风区人民政府办公室", 2025),
        (("金湖县人民政府2023年政府信息公开工作年度报告",), "金湖县人民政府", 2023),
        (("清河省水利厅", "2021年度政府信息公开工作报告"), "清河省水利厅", 2021),
        (("平湖市生态环境局", "二〇二四年政府信息公开工作年度报告"), "平湖市生态环境局", 2024),
        (("平湖市生态环境局二○二二年度", "政府信息公开工作年度报告"), "平湖市生态环境局", 2022),
        (("石门市自然资源局", "2024年", "政府信息公开工作年度报告"), "石门市自然资源局", 2024),
        (("石门市自然资源局关于2024年度", "政府信息公开工作年度报告"), "石门市自然资源局", 2024),
        (("２０２４年石门市自然资源局政府信息公开工作年度报告",), "石门市自然资源局", 2024),
        (("石门市 自然资源局", "2024 年政府信息公开工作年度报告"), "石门市自然资源局", 2024),
        (("石门市自然资源局——关于2024年度政府信息公开工作的报告",), "石门市自然资源局", 2024),
        (("石门市规划和自然", "资源局", "2024年度部门决算"), "石门市规划和自然资源局", 2024),
        (("石门市自然资源局2026年部门预算",), "石门市自然资源局", 2026),
        (("石门市2026年市级部门预算", "预算主管部门：石门市自然资源局"), "石门市自然资源局", 2026),
        # The title's last character stands alone on its line.
        (("青山县水务局2022年政府信息公开工作年度报", "告"), "青山县水务局", 2022),
    ],
)
def test_title_gives_organ_and_year(texts, organ, year):
    heading = heading_of(*texts)
    assert (heading.organ.value, heading.year.value) == (organ, year)
    assert heading.organ.status is FieldStatus.ACCEPTED
    assert heading.organ.page_no == 1


def test_page_without_a_title_has_neither_and_is_reviewed():
    heading = read_heading(
        list_lines([page([line("一、总体情况", 100), line("2024年，本局认真落实。", 126)])])
    )
    assert (heading.organ.value, heading.year.value, heading.title) == (None, None, "")
    assert heading.organ.status is heading.year.status is FieldStatus.REVIEW


def test_nothing_at_all_has_no_heading():
    assert read_heading([]).year.value is None


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2024", 2024),
        ("二〇二四", 2024),
        ("二○一九", 2019),
        ("二零二零", 2020),
        ("二O二一", 2021),
        ("20", None),
        ("年", None),
    ],
)
def test_year_is_read_in_figures_and_in_chinese(text, year):
    assert parse_year(text) == year


@pytest.mark.parametrize("text", ["- 3 -", "—12—", "3", "第 2 页", "2/5", "第3页共5页"])
def test_page_number_at_the_foot_is_dropped(text):
    lines = list_lines([page([line("正文一行。", 400), line(text, 800, left=290)])])
    assert [placed.line.text for placed in lines] == ["正文一行。"]


def test_number_in_the_middle_of_a_page_stays():
    lines = list_lines([page([line("2024", 400, left=290)])])
    assert [placed.line.text for placed in lines] == ["2024"]


def test_specks_are_dropped_and_lines_come_in_reading_order():
    texts = [line("二、", 300), line("、。", 350), line("草率", 200, score=0.2), line("一、", 100)]
    assert [placed.line.text for placed in list_lines([page(texts)])] == ["一、", "二、"]


@pytest.mark.issue(24)
@pytest.mark.parametrize(
    ("texts", "organ", "year"),
    [
        (("青山县水务局2023年设备台账",), "青山县水务局", 2023),
        (("青山县", "水务局", "2023年设备台账"), "青山县水务局", 2023),
        (("附件", "青山县水务局2023年设备台账"), "青山县水务局", 2023),
        (("2023年设备名册", "编制单位：青山县水务局"), "青山县水务局", 2023),
    ],
)
def test_a_title_reads_as_its_form_says_on_one_line_or_three(texts, organ, year):
    titles = ["附件{organ}{year}年{any}台账", "{organ}{year}年{any}台账", "{year}年{any}名册"]
    lines = [line(text, 80 + i * 40, height=22.0) for i, text in enumerate(texts)]
    heading = read_heading(list_lines([page(lines)]), titles)
    assert (heading.organ.value, heading.year.value) == (organ, year)
    assert read_heading(list_lines([page(lines)])).year.value is None


@pytest.mark.issue(24)
@pytest.mark.parametrize("titles", [(), ("{organ}{year}年度部门决算",)], ids=["usual", "own"])
@pytest.mark.parametrize(
    ("texts", "organ", "is_sure"),
    [
        (("附件1", "青山县水务局", "2023年度部门决算"), "青山县水务局", True),
        (("关于青山县水务局2023年度部门决算",), "青山县水务局", True),
        (("内部资料", "青山县水务局", "2023年度部门决算"), "内部资料青山县水务局", False),
        (("青山县", "水务局", "2023年度部门决算"), "青山县水务局", True),
    ],
)
def test_what_stands_before_a_body_is_none_of_its_name_or_in_doubt(titles, texts, organ, is_sure):
    """附件1青山县水务局 was accepted at .999 where a form has titles of its own."""
    lines = [line(text, 80 + i * 40, height=22.0) for i, text in enumerate(texts)]
    told = read_heading(list_lines([page(lines)]), titles).organ
    assert (told.value, told.status is FieldStatus.ACCEPTED) == (organ, is_sure)
