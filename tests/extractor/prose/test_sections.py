from __future__ import annotations

import pytest

from extractor.forms.definition import load_forms
from extractor.prose.heading import list_lines, read_heading
from extractor.prose.sections import join_paragraphs, read_passages
from extractor.values.geometry import Box
from extractor.values.grid import Grid, GridCell
from extractor.values.page import Page, PageKind, Table, TextLine
from tests.extractor.drawn import blank_image

_HEIGHT, _STEP, _LEFT, _RIGHT = 14.0, 26.0, 90.0, 510.0


def line(text, top, *, left=_LEFT, right=None, height=_HEIGHT, score=0.98):
    end = min(_RIGHT, left + height * len(text)) if right is None else right
    return TextLine(Box(left, top, end, top + height), text, score)


def page(lines, page_no=1, tables=()):
    return Page(page_no, PageKind.TEXT, 595.0, 842.0, blank_image(dpi=72.0), tuple(tables), tuple(lines))


def table(top, bottom):
    cell = GridCell(0, 1, 0, 1, Box(_LEFT, top, _RIGHT, bottom))
    return Table(1, Grid((top, bottom), (_LEFT, _RIGHT), (cell,)), ())


def texts(lines):
    return [paragraph.text for paragraph in join_paragraphs(list_lines(lines))]


@pytest.fixture(scope="module")
def titles():
    return load_forms()["gio-2021"].sections


def sections_of(lines, titles):
    return [passage.section for passage in read_passages(list_lines([page(lines)]), titles)]


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
    assert texts([page(lines)]) == [f"{_FULL}续行。", "另起一段续。"]


def test_paragraph_goes_on_over_a_page_break():
    first = page(prose(("甲段第一行", True, True), ("甲段第二行", False, True)))
    second = page([*prose(("甲段第三行。", False, False)), line("- 2 -", 800, left=290)], page_no=2)
    placed = list_lines([first, second])
    assert [p.text for p in join_paragraphs(placed)] == ["甲段第一行甲段第二行甲段第三行。"]
    assert [p.page_no for p in placed] == [1, 1, 2]


def test_text_after_a_table_starts_anew():
    lines = [line(_FULL, 60, right=_RIGHT), line("表后的说明", 300, right=_RIGHT)]
    placed = list_lines([page(lines, tables=[table(100, 280)])])
    assert [p.after_table for p in placed] == [False, True]
    assert [p.text for p in join_paragraphs(placed)] == [_FULL, "表后的说明"]


def test_no_lines_are_no_text():
    assert join_paragraphs([]) == []


def test_specks_beside_lines_part_no_paragraph():
    """Specks reach into the boxes of lines and are read as dots; the page's edges are those of most lines."""
    rows = [line(f"第{i}行没有完", 60 + i * _STEP, right=_RIGHT) for i in range(8)]
    rows[2] = line(". 第2行没有完", 60 + 2 * _STEP, left=_LEFT - 40, right=_RIGHT)
    rows[5] = line("第5行没有完 .", 60 + 5 * _STEP, right=_RIGHT + 60)
    assert texts([page(rows)]) == ["".join(f"第{i}行没有完" for i in range(8))]


def test_dust_between_lines_is_no_line_but_a_last_stroke_is():
    rows = [line(f"第{i}行", 60 + i * _STEP, right=_RIGHT) for i in range(5)]
    dust = line("4", 175, left=200, height=3)
    end = line("一。", 60 + 5 * _STEP, height=5)
    assert texts([page([*rows, dust, end])]) == ["第0行第1行第2行第3行第4行一。"]


def test_a_full_stop_alone_on_its_line_ends_the_paragraph():
    rows = [line(f"第{i}行", 60 + i * _STEP, right=_RIGHT) for i in range(4)]
    stop, following = line("。", 60 + 4 * _STEP, height=5), line("另一段。", 60 + 5 * _STEP, left=_LEFT + 28)
    assert texts([page([*rows, stop, following])]) == ["第0行第1行第2行第3行。", "另一段。"]


def test_a_numbered_paragraph_starts_anew_even_after_a_full_line():
    rows = [line("（一）主动公开。到此为止。", 60, right=_RIGHT), line("（二）依申请公开。无。", 86)]
    assert len(texts([page(rows)])) == 2


def test_prose_before_the_first_heading_found_is_the_first_section(titles):
    rows = [
        line("某局2024年政府信息公开工作年度报告", 40, left=150, height=22),
        line("2024年，本局认真落实。", 100),
        line("二、主动公开政府信息情况", 140),
    ]
    lines = list_lines([page(rows)])
    heading = read_heading(lines)
    first, second = read_passages(lines, titles, len(heading.lines))
    assert (first.number, first.title, first.section.text) == (1, "", "2024年，本局认真落实。")
    assert second.number == 2


def test_a_place_in_a_paragraph_is_a_place_on_the_page():
    rows = [line("第一行没有完", 60, right=_RIGHT), line("第二行完了。", 86)]
    [paragraph] = join_paragraphs(list_lines([page(rows)]))
    page_no, box = paragraph.place(7, 9)
    assert (page_no, box.top) == (1, 86)
    assert [placed.line.text for placed in paragraph.lines_of(0, 3)] == ["第一行没有完"]
    assert len(paragraph.lines_of(4, 8)) == 2
