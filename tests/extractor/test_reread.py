"""Which look at a page is kept; the looks themselves are tested where pages and reports are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from extractor import reread as again
from extractor.reports import PrintedReport
from extractor.seams.engine import NullEngine
from extractor.values.option import Content, Option
from extractor.values.result import Kind
from tests.extractor.trust.test_features import decoded


@dataclass(frozen=True)
class Looked:
    """A page as far as this module sees it: how clear it is with and without its rulings."""

    page_no: int
    with_rulings: float
    without: float
    grids: tuple[str, ...] = ("grid",)
    width: float = 595.0
    height: float = 842.0
    is_again: bool = False
    image: Looked | None = field(default=None)

    @property
    def clearness(self) -> float:
        return self.without if self.is_again else self.with_rulings


def page(number, with_rulings, without, *, grids=("grid",)):
    inner = Looked(number, with_rulings, without, grids)
    return Looked(number, with_rulings, without, grids, image=inner)


@pytest.fixture
def looks(monkeypatch):
    """Reports as the mean clearness of their pages; counts the pages looked at again."""
    asked = []

    def read_page(page_no, image, size, engine, *, use_rulings):
        assert (size, use_rulings) == ((595.0, 842.0), False)
        asked.append(page_no)
        return Looked(page_no, image.with_rulings, image.without, image.grids, is_again=True, image=image)

    def decode_report(pages, forms, second=None):
        return None if any(p.clearness < 0 for p in pages) else list(pages)

    def clearness(printed):
        return 0.0 if printed is None else sum(p.clearness for p in printed) / len(printed)

    monkeypatch.setattr(again, "read_page", read_page)
    monkeypatch.setattr(again, "decode_report", decode_report)
    monkeypatch.setattr(again, "_clearness", clearness)
    monkeypatch.setattr(again, "_yield", clearness)
    monkeypatch.setattr(again, "list_lines", lambda pages: ["title"])
    monkeypatch.setattr(again, "is_title", lambda line: True)
    return asked


def kept(*pages):
    best, _ = again.read_report(pages, {}, NullEngine(), None)
    return [p.page_no for p in best if p.is_again]


def test_clear_pages_are_read_once(looks):
    assert kept(page(1, 0.99, 1.0), page(2, 0.98, 1.0)) == []
    assert looks == []


def test_the_clearer_look_is_kept_page_by_page(looks):
    assert kept(page(1, 0.5, 0.9), page(2, 0.8, 0.3), page(3, 0.2, 0.4)) == [1, 3]
    assert looks == [1, 2, 3]


def test_nothing_more_is_looked_at_once_all_is_clear(looks):
    assert kept(page(1, 0.6, 1.0), page(2, 0.96, 1.0)) == [1]
    assert looks == [1]


def test_pages_without_ruled_tables_are_left(looks):
    assert kept(page(1, 0.5, 0.9, grids=())) == []
    assert looks == []


def test_a_titled_report_that_was_not_found_is_looked_for_again(looks):
    assert kept(page(1, -1.0, 0.9)) == [1]


def test_other_documents_are_not_looked_at_again(looks, monkeypatch):
    monkeypatch.setattr(again, "is_title", lambda line: False)
    assert kept(page(1, -1.0, 0.9)) == []
    assert looks == []


def test_a_look_that_sees_only_blanks_yields_less_than_one_that_sees_figures():
    figures = decoded({"a": 1, "b": 2}, clear=0.9)
    blank = Option("", Content(Kind.BLANK, None), 0.99)
    blanks = replace(figures, options={"a": (blank,), "b": (blank,)}, beliefs={"a": [0.99], "b": [0.99]})
    seen = [again._yield(PrintedReport((), (), found)) for found in (figures, blanks)]
    assert seen[0] > seen[1]
