"""Parts of a document as they were read, apart from the others: a page, and the report on a run of pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from extractor.values.page import Page
from extractor.values.result import Issue, PageFacts, Report

#: Numbers of pages in the order in which they are read as one report.
Run = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What reading a page gave.

    page: None where nothing stands on it or it could not be read. issues: of this page, and of the document where it
    is the first to meet them. rotation: degrees clockwise by which it was found upright, None where that is not sure.
    pixels: of its picture as it was rendered, 0 where it was not. seconds: by stage.
    """

    page: Page | None
    facts: PageFacts
    issues: tuple[Issue, ...] = ()
    rotation: int | None = None
    pixels: int = 0
    seconds: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class ReadRun:
    """What a run of pages says: a report, None where they print no known form."""

    report: Report | None
    seconds: float = 0.0
