"""What is seen and read on a page: the straight image with its way back, tables of cells, lines of prose."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum

from extractor.seams.engine import Gray, Reading
from extractor.values.frame import POINTS_PER_INCH, Warp
from extractor.values.geometry import Box
from extractor.values.grid import Grid, GridCell
from extractor.values.labels import PageLabels
from extractor.values.level import Level
from extractor.values.shape import Shape

#: Coloured ink is kept so many times coarser than the page: where a seal lies needs no more.
COLOUR_STEP = 4


class Picture(ABC):
    """What can be seen of a straight page; eight megabytes for one of A4, wherever they are kept.

    flat: the page. labels: what its ink is. coloured: how much coloured ink lies on the page as shown, 0 to 255, a
    quarter as fine as `flat`; None where there is none or the scan is gray.
    """

    @property
    @abstractmethod
    def flat(self) -> Gray: ...

    @property
    @abstractmethod
    def labels(self) -> PageLabels: ...

    @property
    @abstractmethod
    def coloured(self) -> Gray | None: ...


class HeldPicture(Picture):
    """A picture in memory."""

    def __init__(self, flat: Gray, labels: PageLabels, coloured: Gray | None = None) -> None:
        self._flat, self._labels, self._coloured = flat, labels, coloured

    @property
    def flat(self) -> Gray:
        return self._flat

    @property
    def labels(self) -> PageLabels:
        return self._labels

    @property
    def coloured(self) -> Gray | None:
        return self._coloured


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page made upright, flat and straight, with the way back.

    rotation: degrees clockwise that were needed to turn it upright. skew: degrees, what was left after that.
    upright_shape: rows and columns of the upright, not yet straightened page. levels: where horizontal rulings run,
    by height. gutter: column of the upright page at which it was cut in two, the right page lying below the left
    one; None for one page. damaged: it may show what was never there, since the data of a picture is damaged.
    """

    picture: Picture
    dpi: float
    rotation: int
    skew: float
    warp: Warp | None
    upright_shape: tuple[int, int]
    upright_score: float
    grids: tuple[Grid, ...]
    levels: tuple[Level, ...] = ()
    gutter: int | None = None
    damaged: bool = False

    @property
    def flat(self) -> Gray:
        """As `Picture` has it."""
        return self.picture.flat

    @property
    def labels(self) -> PageLabels:
        """As `Picture` has them."""
        return self.picture.labels

    def coloured_share(self, box: Box) -> float:
        """Share of a box of the straight page over which coloured ink lies, 0 to 1."""
        coloured = self.picture.coloured
        if coloured is None:
            return 0.0
        place = self.to_points(box)
        scale = self.dpi / POINTS_PER_INCH / COLOUR_STEP
        rows = slice(max(0, int(place.top * scale)), max(0, int(place.bottom * scale) + 1))
        columns = slice(max(0, int(place.left * scale)), max(0, int(place.right * scale) + 1))
        part = coloured[rows, columns]
        return float(part.mean()) / 255.0 if part.size else 0.0

    def to_points(self, box: Box) -> Box:
        """A box of the straight page as PDF points of the page as a viewer shows it."""
        inner = self.warp.box_to_source(box) if self.warp else box
        rows, columns = self.upright_shape
        if self.gutter is not None and inner.center_y >= rows:
            inner = Box(
                inner.left + self.gutter, inner.top - rows, inner.right + self.gutter, inner.bottom - rows
            )
        left, top, right, bottom = inner.left, inner.top, inner.right, inner.bottom
        if self.rotation == 90:
            left, top, right, bottom = top, columns - right, bottom, columns - left
        elif self.rotation == 180:
            left, top, right, bottom = columns - right, rows - bottom, columns - left, rows - top
        elif self.rotation == 270:
            left, top, right, bottom = rows - bottom, left, rows - top, right
        scale = POINTS_PER_INCH / self.dpi
        return Box(left * scale, top * scale, right * scale, bottom * scale)


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text; box in pixels of the straight page."""

    box: Box
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class ReadCell:
    """A cell of a grid with its text.

    ink: box around its text, None when the cell is empty. lines: its text lines. reading: the recogniser's
    whole answer for cells of one short line or one wrapped number, else None. glyph_share: height of its tallest
    component over the usual height of a digit. left_out: longest side of what its reading leaves out of the cell's
    components, in the same. glyphs: figures that stand apart in what is read, a broken one counted once.
    """

    cell: GridCell
    ink: Box | None
    lines: tuple[TextLine, ...]
    reading: Reading | None
    glyph_share: float
    shape: Shape
    left_out: float = 0.0
    glyphs: int = 0

    @property
    def text(self) -> str:
        return "".join(line.text for line in self.lines)

    @property
    def has_digits(self) -> bool:
        """Whether anything of a figure is read in it."""
        return any(c.isdigit() for c in self.text)


@dataclass(frozen=True, slots=True)
class Table:
    """A grid on one page with everything in it; boxes in pixels of the straight page."""

    page_no: int
    grid: Grid
    cells: tuple[ReadCell, ...]


class PageKind(StrEnum):
    """Where what stands on a page is known from."""

    #: Recognised from its picture.
    SCAN = "scan"
    #: The file's own text layer; the image shows its rulings and nothing else.
    TEXT = "text"
    #: Nothing stands on it.
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Page:
    """What stands on a page; width and height in points, boxes in pixels of the straight page (`image`)."""

    page_no: int
    kind: PageKind
    width: float
    height: float
    image: PageImage
    tables: tuple[Table, ...]
    lines: tuple[TextLine, ...]
    issues: tuple[str, ...] = ()

    @property
    def is_recognised(self) -> bool:
        """Whether its picture shows what it says, so that it can be looked at again."""
        return self.kind is PageKind.SCAN

    def to_points(self, box: Box) -> Box:
        """Box in PDF points of the page as shown."""
        return self.image.to_points(box)
