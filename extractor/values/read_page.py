"""A page as it was read, apart from the other pages of its document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from extractor.values.page import Page
from extractor.values.result import Issue, PageFacts


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
