"""Pages as a scanner left them → pages in the order in which they are to be read, none of them twice.

A stack that is fed face up comes out in reverse, both sides fed one after the other come out interleaved, and a page
that was pulled back is scanned again. The form says in which order its rows come; printed page numbers and the title
bear it out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from rapidfuzz import fuzz

from extractor.forms.definition import Form
from extractor.forms.repeating import leave_out_repeating
from extractor.matching.align import form_rows, sure_names
from extractor.matching.rows import split_rows
from extractor.prose.heading import is_page_number, is_title, list_lines
from extractor.values.page import Page

#: What it costs an order that the rows of two following pages come the wrong way round or twice, that their numbers
#: do, and that the title stands behind tables.
_ROWS, _NUMBERS, _TITLE = 1.0, 1.0, 1.0
#: What another order must save to be believed: two signs of three. Of 26 generated reports as printed, 25 save
#: nothing by any other order and one saves 1; all 26 in reverse save 2 to 6 and are turned round; of fronts then
#: backs 11 are put in order, the others save less, and none becomes worse.
_LEAST = 2.0
#: Share of its figures, and likeness of its words (0 to 100), from which on a page is the one before it once more.
#: Of 71 pages that follow another the most alike share .39 of the figures and 23 of the words.
_SAME_FIGURES, _SAME_WORDS = 0.9, 80.0
#: Rows of a table that may be its header.
#: ±20 %: nothing.
_HEAD_ROWS = 3
#: Fewest texts on a page by which it can be told.
_FEW = 6


def put_in_order(pages: Sequence[Page], forms: Mapping[str, Form]) -> list[Page]:
    """The pages of a file in reading order: as they are, unless another order contradicts itself much less."""
    if len(pages) < 2:
        return list(pages)
    own = {key: leave_out_repeating(form) for key, form in forms.items()}
    signs = [_Signs.of(page, own) for page in pages]
    as_they_are = tuple(range(len(pages)))
    best = min(_list_orders(len(pages)), key=lambda order: _cost([signs[i] for i in order]))
    saved = _cost(signs) - _cost([signs[i] for i in best])
    return [pages[i] for i in (best if saved >= _LEAST else as_they_are)]


class _Signs:
    """What tells where a page belongs: positions of its rows by form, its number, whether it bears a title."""

    def __init__(self, rows: Mapping[str, float], number: int | None, *, titled: bool, tabled: bool) -> None:
        self.rows, self.number, self.titled, self.tabled = rows, number, titled, tabled

    @classmethod
    def of(cls, page: Page, forms: Mapping[str, Form]) -> _Signs:
        printed = [row for table in page.tables for row in split_rows(table, 0) if row.label and row.values]
        rows = {}
        for name, form in forms.items():
            rows_of_form = [row for row in form_rows(form.tables) if row.is_data and row.words]
            places = {row.words[0]: place for place, row in enumerate(rows_of_form)}
            found = sorted(places[word] for word in sure_names(printed, [form]) if word)
            if found:
                rows[name] = float(found[len(found) // 2])
        lines = list_lines([page])
        titled = any(is_title(line) for line in lines[:6])
        return cls(rows, _read_number(page), titled=titled, tabled=bool(page.tables))


def _read_number(page: Page) -> int | None:
    """The page's printed number; None where none can be read."""
    for line in page.lines:
        text = line.text.strip()
        if is_page_number(text, line, page):
            digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text))
            return int(digits) if 0 < len(digits) < 4 else None
    return None


def _list_orders(count: int) -> list[tuple[int, ...]]:
    """Orders that a scanner leaves: as printed, in reverse, fronts then backs, fronts then backs in reverse."""
    places = tuple(range(count))
    half = (count + 1) // 2
    backs = places[half:]
    found = [places, places[::-1]]
    for behind in (backs, backs[::-1]):
        order = [place for pair in zip(places[:half], behind, strict=False) for place in pair]
        found.append(tuple(order + [place for place in places if place not in order]))
    return found


def _cost(signs: Sequence[_Signs]) -> float:
    """How much an order of pages contradicts itself."""
    cost = 0.0
    tabled = [sign for sign in signs if sign.rows]
    for before, after in pairwise(tabled):
        shared = before.rows.keys() & after.rows.keys()
        worse = sum(1 for name in shared if before.rows[name] >= after.rows[name])
        cost += _ROWS if shared and worse > len(shared) / 2 else 0.0
    numbered = [sign.number for sign in signs if sign.number is not None]
    cost += _NUMBERS * sum(1 for before, after in pairwise(numbered) if before >= after)
    first_table = next((place for place, sign in enumerate(signs) if sign.tabled), len(signs))
    first_title = next((place for place, sign in enumerate(signs) if sign.titled), None)
    return cost + (_TITLE if first_title is not None and first_title > first_table else 0.0)


def find_repeated(pages: Sequence[Page]) -> list[Page]:
    """Pages that show what the page before them shows, figure by figure: scanned twice."""
    return [after for before, after in pairwise(pages) if _is_same(before, after)]


def _is_same(before: Page, after: Page) -> bool:
    words = ["".join(_list_texts(page)) for page in (before, after)]
    figures = [re.findall(r"\d+", " ".join(_list_texts(page))) for page in (before, after)]
    if min(len(_list_texts(page)) for page in (before, after)) < _FEW:
        return False
    same = SequenceMatcher(None, figures[0], figures[1], autojunk=False).ratio() if any(figures) else 1.0
    # Two tables may have the same rows and figures under other titles and headers.
    heads = ["".join(_list_heads(page)) for page in (before, after)]
    return (
        same >= _SAME_FIGURES
        and fuzz.ratio(words[0], words[1]) >= _SAME_WORDS
        and fuzz.ratio(heads[0], heads[1]) >= _SAME_WORDS
    )


def _list_heads(page: Page) -> list[str]:
    """Lines outside of the tables, and the words of their first rows."""
    cells = [cell.text for table in page.tables for cell in table.cells if cell.cell.row < _HEAD_ROWS]
    lines = [line.text for line in page.lines if not is_page_number(line.text.strip(), line, page)]
    return [text for text in (*lines, *cells) if not any(c.isdigit() for c in text)]


def _list_texts(page: Page) -> list[str]:
    cells = [cell.text for table in page.tables for cell in table.cells if cell.text]
    lines = [line.text for line in page.lines if not is_page_number(line.text.strip(), line, page)]
    return cells + lines
