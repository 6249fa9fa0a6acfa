"""Text around the tables: its lines, and the title, organ and year of a report."""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from extractor.forms.definition import normalise
from extractor.forms.titles import YEAR, ReadTitle, find_body, fold_title, parse_year, read_title, trim_organ
from extractor.prose.witnesses import weigh_organ, weigh_year
from extractor.values.geometry import Box
from extractor.values.page import Page, TextLine
from extractor.values.result import FieldStatus, TextField

_YEAR = re.compile(rf"({YEAR})年?(?:度)?")
_TITLE = re.compile(r"政府信息公开.{0,8}报告|信息公开工作年度报告|年度报告")
#: What titles of other documents end in, where a year stands before it.
_OTHER_TITLE = re.compile(
    r"(?:决算|预算|公报|年鉴|统计表?|报表|汇总表?|明细表?)(?:公开)?(?:表|书|说明|情况)?$"
)
_PAGE_NUMBER = re.compile(r"[-—–―·.\s]*(?:第?\s*\d{1,3}\s*页?(?:共\d+页)?|\d{1,3}\s*/\s*\d{1,3})[-—–―·.\s]*")
_HEADING = re.compile(r"^[一二三四五六七八九十]{1,2}[、.,，:：]")
_FIRST_HEADING = re.compile(r"^[(（]?一[)）]?[、.,，:：]\s*.{0,6}(?:总体情况|基本情况|概述|概况)")
#: A line less high than this share of the page's usual line is dust.
#: ±20 %: no value, status or confidence.
_DUST, _LINES_TO_TELL = 0.5, 4
#: What is no higher than dust and yet the end of a paragraph.
_FLAT = re.compile("[一二三]+[。，；、.]*|。")
#: Lines that a title by a form's own pattern is on at most: a cover page has three.
_OWN_LINES = 3
#: A line of so few characters ends the words of the line before it.
_LAST_LETTERS = 3
#: Title lines looked at on the first page.
#: ±20 %: nothing.
_TITLE_LINES = 8


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A text line with its page; box in the page's own frame, points in PDF points as shown."""

    page_no: int
    line: TextLine
    box: Box
    after_table: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """Title block of a report; `lines` are those it stands on, none where there is no title."""

    title: str
    organ: TextField
    year: TextField
    lines: tuple[PlacedLine, ...] = ()


def list_lines(pages: Sequence[Page]) -> list[PlacedLine]:
    """Lines of prose of all pages in reading order, without page numbers and specks."""
    out = []
    for page in pages:
        table_tops = [t.grid.box.top for t in page.tables]
        last_bottom = 0.0
        least = _least_height(page)
        for line in sorted(page.lines, key=lambda item: (item.box.center_y, item.box.left)):
            text = line.text.strip()
            is_low = line.box.height < least and _FLAT.fullmatch(text) is None
            # A full stop alone on its line ends a paragraph, whatever stood before it.
            is_dust = line.score < 0.45 or is_low or not (normalise(text) or text == "。")
            if is_dust or is_page_number(text, line, page):
                continue
            after = any(last_bottom <= top <= line.box.top for top in table_tops)
            last_bottom = line.box.top
            out.append(PlacedLine(page.page_no, line, page.to_points(line.box), after))
    return out


def _least_height(page: Page) -> float:
    """Height below which a line is dust, in the page's frame; 0 where there are too few lines to tell."""
    heights = [line.box.height for line in page.lines if line.score >= 0.45]
    return _DUST * statistics.median(heights) if len(heights) >= _LINES_TO_TELL else 0.0


def is_page_number(text: str, line: TextLine, page: Page) -> bool:
    """True for what stands at the head or foot of a page and can only be its number."""
    if not _PAGE_NUMBER.fullmatch(unicodedata.normalize("NFKC", text)):
        return False
    box = page.to_points(line.box)
    return box.top > 0.85 * page.height or box.bottom < 0.1 * page.height


def find_own_title(
    lines: Sequence[PlacedLine], titles: Sequence[str]
) -> tuple[Sequence[PlacedLine], ReadTitle] | None:
    """The lines of a page's head that are a title by a form's own patterns, and what they say; None for none."""
    head = [p for p in lines[:_TITLE_LINES] if p.page_no == lines[0].page_no] if titles else []
    for start in range(len(head)):
        # On as many lines as it may be, as long as they read as one.
        for end in range(min(len(head), start + _OWN_LINES), start, -1):
            block = head[start:end]
            told = read_title("".join(fold_title(p.line.text) for p in block), titles)
            if told is not None:
                return block, told
    return None


def read_heading(lines: Sequence[PlacedLine], titles: Sequence[str] = ()) -> Heading:
    """Title, organ and year from the first lines of a report. titles: patterns of its form."""
    own = find_own_title(lines, titles)
    named = next(filter(None, (find_body(p.line.text) for p in lines[:_TITLE_LINES])), "")
    if own is not None:
        return _make_heading(lines, own[0], own[1].organ or named, own[1].year)
    block = _title_block(lines)
    joined = "".join(fold_title(p.line.text) for p in block)
    year_match = _YEAR.search(joined)
    year: int | None = None
    organ = ""
    if year_match:
        year = parse_year(year_match[1])
        organ = joined[: year_match.start()] or _organ_after(joined[year_match.end() :])
    else:
        found = _TITLE.search(joined)
        organ = joined[: found.start()] if found else ""
    if named and _OTHER_TITLE.search(normalise(joined)):
        organ = named
    return _make_heading(lines, block, trim_organ(organ), year)


def _make_heading(
    lines: Sequence[PlacedLine], block: Sequence[PlacedLine], organ: str, year: int | None
) -> Heading:
    """The heading on these lines, as sure of its organ and year as the rest of the text bears out."""
    place = block[0] if block else None
    score = min((p.line.score for p in block), default=0.0)
    rest = [fold_title(placed.line.text) for placed in _outside(block, lines)]
    first = trim_organ(fold_title(place.line.text)) if place is not None else ""
    return Heading(
        "".join(fold_title(p.line.text) for p in block),
        _text_field(organ or None, weigh_organ(organ, score, rest, first) if organ else 0.0, place),
        _text_field(year, weigh_year(year, score, rest) if year else 0.0, block[-1] if block else None),
        tuple(block),
    )


def _outside(block: Sequence[PlacedLine], lines: Sequence[PlacedLine]) -> list[PlacedLine]:
    taken = {id(placed) for placed in block}
    return [placed for placed in lines if id(placed) not in taken]


def _organ_after(text: str) -> str:
    found = _TITLE.search(text)
    return text[: found.start()] if found else ""


def _text_field(value: str | int | None, score: float, place: PlacedLine | None) -> TextField:
    confidence = 0.0 if value is None else min(0.999, score)
    status = FieldStatus.ACCEPTED if confidence >= 0.9 else FieldStatus.REVIEW
    if place is None:
        return TextField(value, confidence, status)
    return TextField(value, confidence, status, place.page_no, place.box)


def _title_block(lines: Sequence[PlacedLine]) -> list[PlacedLine]:
    """Lines up to the one that ends with 报告, without what stands above the organ."""
    head = [p for p in lines[:_TITLE_LINES] if p.page_no == lines[0].page_no] if lines else []
    for end, placed in enumerate(head):
        text = normalise(placed.line.text)
        if _HEADING.match(placed.line.text) or placed.line.text.endswith(("。", "；")):
            break
        joined = "".join(normalise(above.line.text) for above in head[max(0, end - 2) : end + 1])
        is_other = _OTHER_TITLE.search(text) and _YEAR.search(joined) and len(text) < 40
        # The last characters of a title may stand alone on their line.
        ending = joined if len(text) <= _LAST_LETTERS else text
        if ending.endswith(("报告", "年报")) or (_TITLE.search(text) and len(text) < 40) or is_other:
            start = end
            while start > 0 and _is_title_like(head[start - 1], head[start]):
                start -= 1
            return head[start : end + 1]
    return []


def _is_title_like(above: PlacedLine, below: PlacedLine) -> bool:
    upper, lower = above.line.box, below.line.box
    near = lower.top - upper.bottom < 2.5 * lower.height
    alike = upper.height > 0.6 * lower.height
    return near and alike and not above.line.text.endswith(("。", "：", ":"))


def is_title(placed: PlacedLine) -> bool:
    """True for a line that can only be the title of an annual report (or its last line)."""
    text = normalise(placed.line.text)
    return len(text) < 40 and text.endswith("报告") and bool(_TITLE.search(text)) and not _HEADING.match(text)


def is_first_heading(placed: PlacedLine) -> bool:
    """True for the heading a report's prose begins with, whose title may be on two lines or illegible."""
    return bool(_FIRST_HEADING.match(placed.line.text.strip()))
