"""What a user may set for one extraction: validated at the edge, frozen, passed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from extractor.seams.calibrator import UNCALIBRATED, Judge
from extractor.seams.errors import UsageError
from extractor.seams.statements import FactFinder
from extractor.wording.said import say


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may hold. Each has its unit in its name, or is a count.

    Of 282 pages of the fixtures and of PDFs that were odd in other ways, none had more than 0.11 MB of instructions,
    4,387 characters, 1,445 objects, or a stream of 0.33 MB.

    file_mb: bytes of the file. total_megapixels: of all pages as rendered; 500 pages of A4 at 300 dpi have 4,350.
    picture_megapixels: of one picture, by what its own data say too, of JPEG 2000 each component; A3 at 1200 dpi
    has 278. stream_mb: of one stream unpacked.
    instructions_mb: of the instructions of a page, with what they draw as often as they do; an intricate map has 10.
    nesting: forms within forms.
    Beyond these a page is left out. Beyond the following it is read by its pixels, whatever text it brings:
    text_mb: of the instructions of a page. characters, shapes: on a page.
    font_codes: in the tables of a font; more than there are codes of two bytes.
    """

    file_mb: float = 512.0
    total_megapixels: float = 6000.0
    picture_megapixels: float = 400.0
    stream_mb: float = 64.0
    instructions_mb: float = 16.0
    nesting: int = 20
    text_mb: float = 2.0
    characters: int = 20_000
    shapes: int = 20_000
    font_codes: int = 140_000

    def name(self, limit: str) -> str:
        """A limit and its value, to end a sentence with."""
        return say("documents.limit", name=limit, value=getattr(self, limit)) if limit else ""


def parse_limits(told: Sequence[str]) -> Limits:
    """Limits from texts like "characters=30000"; what is not told stands.

    Raises:
        UsageError: there is no such limit, or the value is no positive number.
    """
    known = asdict(Limits())
    given: dict[str, float] = {}
    for text in told:
        name, _, value = text.partition("=")
        name = name.strip()
        if name not in known:
            raise UsageError(say("options.no_limit", name=name, known=", ".join(known)))
        try:
            given[name] = type(known[name])(value)
        except ValueError as error:
            raise UsageError(say("options.limit_no_number", limit=text)) from error
        if not 0 < given[name] < float("inf"):
            raise UsageError(say("options.limit_not_positive", limit=text))
    return Limits(**given)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of one extraction.

    password: for encrypted PDFs; None when none is known.
    max_pages: documents with more pages are refused.
    max_megapixels: pages that would render to more are rendered smaller, or skipped below 150 dpi.
    limits: what a document and a page may hold otherwise.
    forms: the user's own form files, beside the built-in ones.
    judge: says how sure a field is, and from where on it is accepted.
    finder: finds the numbers that prose states; None finds none.
    overlays: folder for pictures of what each stage decided; None writes none.
    searchable: file to which a copy of the document with its text is written; None writes none.
    is_archival: the copy is to be PDF/A.
    left_out: pages not to be read, by number, with the reason their issue gives.
    drawn: the PDF that was made of a document of an office or of the web; None for others.
    """

    password: str | None = field(default=None, repr=False)
    max_pages: int = 500
    max_megapixels: float = 40.0
    limits: Limits = Limits()
    forms: tuple[Path, ...] = ()
    judge: Judge = UNCALIBRATED
    finder: FactFinder | None = None
    overlays: Path | None = None
    searchable: Path | None = None
    is_archival: bool = False
    left_out: Mapping[int, str] = field(default_factory=dict)
    drawn: Path | None = None
