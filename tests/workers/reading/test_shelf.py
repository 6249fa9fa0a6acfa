from __future__ import annotations

import math
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from extractor.output.result_json import result_to_json
from extractor.pipeline import extract_document, list_runs, read_runs, read_stretch
from extractor.seams.engine import NUMERIC_ALPHABET, Reading
from extractor.seams.errors import StorageError
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.values.geometry import Box
from extractor.values.grid import Grid, GridCell
from extractor.values.page import HeldPicture, Page, PageKind, ReadCell, Table, TextLine
from extractor.values.read_page import ReadPage, ReadRun
from extractor.values.result import Issue, PageFacts
from extractor.values.shape import Shape
from extractor.wording.catalogue import Language
from extractor.wording.said import say, word
from models.engines import load_engine
from models.pages import load_labeller
from tests.extractor.drawn import straight_image
from tests.paths import ROOT
from tests.workers.pdfs import write_blank
from workers.reading.shelf import FileShelf

_FIXTURES = ROOT / "fixtures"
_SCAN = _FIXTURES / "scans" / "dept-2023-bilevel.pdf"
_SIDES = st.lists(st.floats(-1e5, 1e5), min_size=2, max_size=2).map(sorted)
_BOXES = st.builds(lambda across, down: Box(across[0], down[0], across[1], down[1]), _SIDES, _SIDES)
_NUMERIC = st.none() | st.integers(0, 4).flatmap(
    lambda steps: arrays(np.float32, (steps, 1 + len(NUMERIC_ALPHABET)), elements=st.floats(-30, 0, width=32))
)
_READINGS = st.builds(Reading, st.text(max_size=5), st.floats(0, 1), _NUMERIC, st.booleans())
_LINES = st.builds(TextLine, _BOXES, st.text(max_size=5), st.floats(0, 1))
_SHAPES = st.builds(Shape, st.none() | st.floats(-9, 9), st.booleans(), st.booleans(), st.booleans())
_GRID_CELLS = st.builds(GridCell, *[st.integers(0, 99)] * 4, _BOXES)
_CELLS = st.builds(
    ReadCell,
    _GRID_CELLS,
    st.none() | _BOXES,
    st.lists(_LINES, max_size=2).map(tuple),
    st.none() | _READINGS,
    st.floats(0, 9),
    _SHAPES,
    st.floats(0, 9),
    st.integers(0, 9),
)
_TABLES = st.builds(
    lambda cells: Table(1, Grid((0.0, 9.5), (0.0, 7.25), tuple(c.cell for c in cells)), tuple(cells)),
    st.lists(_CELLS, max_size=3),
)


def _readers():
    recording = _FIXTURES / "recordings" / f"{_SCAN.stem}.npz"
    return Readers(load_engine(f"replay:{recording}"), None, load_labeller())


def _picture(seed, *, coloured):
    rng = np.random.default_rng(seed)
    blank = straight_image(rng.integers(0, 256, (40, 30), dtype=np.uint8))
    ink = rng.integers(0, 256, (10, 7), dtype=np.uint8) if coloured else None
    return HeldPicture(blank.flat, blank.labels, ink)


_PAGES = st.builds(
    lambda tables, lines, seed, coloured: Page(
        1,
        PageKind.SCAN,
        595.2,
        841.9,
        replace(straight_image(np.zeros((4, 4), np.uint8)), picture=_picture(seed, coloured=coloured)),
        tuple(tables),
        tuple(lines),
        ("odd",),
    ),
    st.lists(_TABLES, max_size=2),
    st.lists(_LINES, max_size=3),
    st.integers(0, 99),
    st.booleans(),
)
_READ = st.builds(
    lambda page, rotation, pixels: ReadPage(
        page,
        PageFacts(1, 595.2, 841.9, "scan", 90, -0.25, ("odd",)),
        (Issue("odd", say("documents.picture_data_damaged", page=1), 1), Issue("plain", "a plain text")),
        rotation,
        pixels,
        {"read": 0.1},
    ),
    st.none() | _PAGES,
    st.none() | st.sampled_from([0, 90, 180, 270]),
    st.integers(0, 1 << 40),
)


def _same(left, right):
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and left.shape == right.shape and bool((left == right).all())
    if isinstance(left, HeldPicture) or hasattr(left, "coloured"):
        return all(
            _same(getattr(left, name), getattr(right, name)) for name in ("flat", "labels", "coloured")
        )
    if is_dataclass(left):
        return all(_same(getattr(left, f.name), getattr(right, f.name)) for f in fields(left))
    if isinstance(left, tuple):
        return len(left) == len(right) and all(map(_same, left, right))
    # 200 and 200.0 are equal, and are not the same bytes of JSON.
    return type(left) is type(right) and left == right


@settings(max_examples=30, deadline=None)
@given(_READ, st.sampled_from([2, 400]))
def test_a_page_comes_back_as_it_was(tmp_path_factory, read, total):
    folder = tmp_path_factory.mktemp("shelf")
    shelf = FileShelf(folder, "us")
    shelf.total = total
    held = shelf.put(7, read)
    other = FileShelf(folder, "us")
    assert other.add(shelf.kept(7))
    found = other.find(7)
    assert _same(found, read)
    assert _same(held, read)
    assert word(found.issues[0].message, Language.CHINESE) == word(read.issues[0].message, Language.CHINESE)
    assert other.find(6) is None
    assert other.numbers == {7}


@pytest.fixture
def read():
    page = Page(1, PageKind.SCAN, 30.0, 40.0, straight_image(np.full((400, 300), 255, np.uint8)), (), ())
    return ReadPage(page, PageFacts(1, 30.0, 40.0, "scan"))


@pytest.mark.parametrize("total", [2, 400])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_file_cut_off_anywhere_is_no_page_or_has_no_picture(tmp_path, read, total, share):
    shelf = FileShelf(tmp_path, "us")
    shelf.total = total
    shelf.put(1, read)
    path = shelf.kept(1)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    other = FileShelf(tmp_path, "us")
    if other.add(path):
        with pytest.raises(StorageError, match=r"page-1\.bin"):
            _ = other.find(1).page.image.flat


def test_pages_that_others_read_are_not_found(tmp_path, read):
    shelf = FileShelf(tmp_path, "us")
    shelf.total = 2
    shelf.put(1, read)
    other = FileShelf(tmp_path, "others")
    assert not other.add(shelf.kept(1))
    assert not other.add(tmp_path / "missing.bin")
    assert (other.find(1), other.kept(1)) == (None, None)


def test_a_page_alone_is_not_written(tmp_path, read):
    shelf = FileShelf(tmp_path, "us")
    shelf.total = 1
    assert shelf.put(1, read) is read
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_a_long_document_are_not_held(tmp_path, read):
    shelf = FileShelf(tmp_path, "us")
    shelf.total = 400
    held = [shelf.put(number, read) for number in range(1, 9)]
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(StorageError):
        _ = held[0].page.image.flat


@pytest.fixture(scope="module")
def whole():
    """What one reading gives, where a page depends on none before it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("extractor.pages.STRETCH", 1)
        return extract_document(_SCAN, name="a.pdf", readers=_readers(), options=Options())


@pytest.mark.parametrize("total", [2, 400])
def test_stretches_read_elsewhere_give_the_bytes_of_one_reading(tmp_path, total, whole, monkeypatch):
    monkeypatch.setattr("workers.reading.shelf._MANY", total - 1)
    monkeypatch.setattr("extractor.pages.STRETCH", 1)
    readers = _readers()
    told = {"name": "a.pdf", "readers": readers, "options": Options()}
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        stretch = read_stretch(_SCAN, range(number, number + 1), **told, shelf=FileShelf(folder, "us"))
        assert list(stretch) == [(number - 1, 2), (number, 2)]
    shelf = FileShelf(tmp_path, "us")
    for path in tmp_path.glob("*/*"):
        assert shelf.add(path)
    (run,) = list_runs(shelf, sorted(shelf.numbers), told["options"])
    assert run == (1, 2)
    shelf.put_runs(read_runs(shelf, [run], readers, told["options"]), tmp_path / "of.runs")
    told["readers"] = replace(readers, engine=_Forbidden(readers.engine))
    _assert_same(extract_document(_SCAN, **told, shelf=shelf), whole)
    # Nor is what was understood elsewhere understood again.
    assert shelf.add(tmp_path / "of.runs")
    assert not FileShelf(tmp_path, "others").add(tmp_path / "of.runs")
    monkeypatch.setattr("extractor.pipeline.read_report", None)
    _assert_same(extract_document(_SCAN, **told, shelf=shelf), whole)


def _assert_same(joined, whole):
    assert result_to_json(replace(joined, timing={})) == result_to_json(replace(whole, timing={}))
    assert joined.timing.keys() == whole.timing.keys()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_file_of_runs_that_is_cut_off_says_nothing(tmp_path, share):
    shelf, path = FileShelf(tmp_path, "us"), tmp_path / "of.runs"
    shelf.put_runs({(1, 2): ReadRun(None, 0.5), (3,): ReadRun(None)}, path)
    assert shelf.add(path)
    assert (shelf.find_run((1, 2)), shelf.find_run((3, 1))) == (ReadRun(None, 0.5), None)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert not FileShelf(tmp_path, "us").add(path)


class _Forbidden:
    """Reads nothing any more."""

    def __init__(self, engine):
        self.name, self.fingerprint, self.lineage = engine.name, engine.fingerprint, engine.lineage

    def read(self, crops, *, width_scale=1.0):
        raise AssertionError(f"{len(crops)} crops are read again at {width_scale}")


def test_pages_read_elsewhere_count_among_the_pixels_of_a_document(tmp_path):
    pdf = write_blank(tmp_path / "a.pdf", pages=3)
    limits = replace(Options().limits, total_megapixels=10.0)
    told = {"name": "a.pdf", "readers": _readers()}
    options = replace(Options(), limits=limits)
    whole = extract_document(pdf, **told, options=options)
    shelf = FileShelf(tmp_path, "us")
    assert len(list(read_stretch(pdf, range(1, 4), **told, options=options, shelf=shelf))) == 4
    joined = extract_document(pdf, **told, options=options, shelf=shelf)
    assert [issue.page_no for issue in whole.issues] == [issue.page_no for issue in joined.issues] != []
    assert math.isclose(sum(fact.width for fact in whole.pages), sum(fact.width for fact in joined.pages))
