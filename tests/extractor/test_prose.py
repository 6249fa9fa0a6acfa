from __future__ import annotations

import pytest

from extractor.forms import load_forms
from extractor.geometry import Box
from extractor.grids import Grid, GridCell
from extractor.pages import Page, Table, TextLine
from extractor.prose import join_paragraphs, list_lines, parse_year, read_heading, read_sections
from extractor.result import FieldStatus

_HEIGHT, _STEP, _LEFT, _RIGHT = 14.0, 26.0, 90.0, 510.0


def line(text, top, *, left=_LEFT, right=None, height=_HEIGHT, score=0.98):
    end = min(_RIGHT, left + height * len(text)) if right is None else right
    return TextLine(Box(left, top, end, top + height), text, score)


def page(lines, page_no=1, tables=()):
    return Page(page_no, "text", 595.0, 842.0, None, tuple(tables), tuple(lines))


def heading_of(*texts, height=22.0):
    """Heading of a page with these title lines, centred, and a line of prose."""
    lines = [line(t, 80 + i * 40, left=297 - len(t) * 11, height=height) for i, t in enumerate(texts)]
    lines.append(line("根据《中华人民共和国政府信息公开条例》的规定，编制本报告。", 100 + 40 * len(texts)))
    return read_heading(list_lines([page(lines)]))


def table(top, bottom):
    cell = GridCell(0, 1, 0, 1, Box(_LEFT, top, _RIGHT, bottom))
    return Table(1, Grid((top, bottom), (_LEFT, _RIGHT), (cell,)), ())


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


@pytest.fixture(scope="module")
def titles():
    return load_forms()["gio-2021"].sections


def sections_of(lines, titles):
    return read_sections(list_lines([page(lines)]), titles)


def test_sections_are_known_by_their_titles(titles):
    texts = [
        "一、总体情况",
        "正文甲。",
        "二、主动公开政府信息情况",
        "三、收到和处理政府信息公开申请情况",
        "四、政府信息公开行政复议、行政诉讼情况",
        "五、存在的主要问题及改进情况",
        "正文乙。",
        "六、其他需要报告的事项",
        "无。",
    ]
    sections = sections_of([line(t, 60 + i * _STEP) for i, t in enumerate(texts)], titles)
    assert [s.number for s in sections] == [1, 2, 3, 4, 5, 6]
    assert [s.text for s in sections] == ["正文甲。", "", "", "", "正文乙。", "无。"]
    assert sections[0].title == "一、总体情况"


def test_heading_with_a_character_misread_or_renamed_is_still_one(titles):
    texts = ["一、总休情况", "正文。", "五、整改措施", "正文乙。", "六、其它需要报告的事项", "无。"]
    sections = sections_of([line(t, 60 + i * _STEP) for i, t in enumerate(texts)], titles)
    assert [s.text for s in sections] == ["正文。", "正文乙。", "无。"]
    assert (sections[0].number, sections[-1].number) == (1, 6)


def test_sentence_that_names_a_section_is_no_heading(titles):
    texts = ["一、总体情况", "本年度总体情况如下。", "主动公开政府信息情况见下表；"]
    (section,) = sections_of([line(t, 60 + i * _STEP) for i, t in enumerate(texts)], titles)
    assert section.text.replace("\n", "") == "".join(texts[1:])


_FULL = "全面贯彻落实政府信息公开条例规定规范办理程序全面贯彻落实"


def prose(*rows):
    """Lines of one page: (text, indented?, reaches the right edge?)."""
    return [
        line(t, 60 + i * _STEP, left=_LEFT + 2 * _HEIGHT * indented, right=_RIGHT if full else _RIGHT - 120)
        for i, (t, indented, full) in enumerate(rows)
    ]


def test_indent_and_short_line_part_paragraphs():
    lines = prose(
        (_FULL, True, True), ("续行。", False, False), ("另起一段", True, True), ("续。", False, False)
    )
    assert join_paragraphs(list_lines([page(lines)])) == f"{_FULL}续行。\n另起一段续。"


def test_paragraph_goes_on_over_a_page_break():
    first = page(prose(("甲段第一行", True, True), ("甲段第二行", False, True)))
    second = page([*prose(("甲段第三行。", False, False)), line("- 2 -", 800, left=290)], page_no=2)
    placed = list_lines([first, second])
    assert join_paragraphs(placed) == "甲段第一行甲段第二行甲段第三行。"
    assert [p.page_no for p in placed] == [1, 1, 2]


def test_text_after_a_table_starts_anew():
    lines = [line(_FULL, 60, right=_RIGHT), line("表后的说明", 300, right=_RIGHT)]
    placed = list_lines([page(lines, tables=[table(100, 280)])])
    assert [p.after_table for p in placed] == [False, True]
    assert join_paragraphs(placed) == f"{_FULL}\n表后的说明"


def test_no_lines_are_no_text():
    assert join_paragraphs([]) == ""
