"""What a user may set for one extraction: validated at the edge, frozen, passed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from extractor.seams.calibrator import UNCALIBRATED, Judge
from extractor.seams.statements import FactFinder


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of one extraction.

    password: for encrypted PDFs; None when none is known.
    max_pages: documents with more pages are refused.
    max_megapixels: pages that would render to more are rendered smaller, or skipped below 150 dpi.
    forms: the user's own form files, beside the built-in ones.
    judge: says how sure a field is, and from where on it is accepted.
    finder: finds the numbers that prose states; None finds none.
    overlays: folder for pictures of what each stage decided; None writes none.
    searchable: file to which a copy of the document with its text is written; None writes none.
    is_archival: the copy is to be PDF/A.
    left_out: pages not to be read, by number, with the reason their issue gives.
    """

    password: str | None = field(default=None, repr=False)
    max_pages: int = 500
    max_megapixels: float = 40.0
    forms: tuple[Path, ...] = ()
    judge: Judge = UNCALIBRATED
    finder: FactFinder | None = None
    overlays: Path | None = None
    searchable: Path | None = None
    is_archival: bool = False
    left_out: Mapping[int, str] = field(default_factory=dict)
