from __future__ import annotations

import time
from dataclasses import asdict, replace

import pypdfium2
import pytest

from extractor.scan.document import open_document
from extractor.scan.weighing import open_scales
from extractor.seams.errors import DocumentError, UsageError
from extractor.seams.options import Limits, Options, parse_limits
from tests.bombs import write_bombs
from tests.paths import ROOT

#: Bombs whose page is not to be opened, by the limit that says so (empty: none that can be set).
_LEFT_OUT = {
    "instructions_mb": [
        "content_repeated", "forms_of_forms", "forms_in_a_ring", "forms_under_other_names", "patterns_of_patterns",
        "masks_of_masks", "glyphs_that_draw_forms", "shapes", "shading_by_a_program", "shading_of_triangles", "notes",
    ],
    "stream_mb": [
        "content_packed_twice", "content_in_lzw", "unicode_packed_twice", "font_file_packed_twice",
    ],
    "nesting": ["forms_nested"],
    "picture_megapixels": [
        "picture_of_gigapixels", "picture_behind_a_mask_of_gigapixels", "picture_that_says_otherwise",
    ],
    "": ["content_packed_fifty_times", "content_of_many_pieces"],
}  # fmt: skip
_BY_PIXELS = (
    "widths_of_millions", "widths_one_by_one", "encoding_of_millions", "unicode_of_millions",
    "differences_of_millions",
)  # fmt: skip


@pytest.fixture(scope="module")
def bombs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bombs")
    write_bombs(folder)
    return folder


def _check(path, limits=Limits()):  # noqa: B008 - frozen
    scales = open_scales(path, None, limits, 1)
    try:
        return scales.check(1)
    finally:
        scales.close()


@pytest.mark.slow
@pytest.mark.issue(26)
@pytest.mark.parametrize(
    ("limit", "name"), [(limit, name) for limit, names in _LEFT_OUT.items() for name in names]
)
def test_a_page_that_asks_for_too_much_is_left_out_and_says_which_limit(bombs, limit, name):
    started = time.process_time()
    with pytest.raises(DocumentError, match=f"limit: {limit}=" if limit else "more than") as caught:
        _check(bombs / f"{name}.pdf")
    assert caught.value.code == "page_limit"
    assert time.process_time() - started < 5


@pytest.mark.slow
@pytest.mark.issue(26)
@pytest.mark.parametrize("name", _BY_PIXELS)
def test_a_page_whose_fonts_are_too_much_is_read_by_its_pixels(bombs, name):
    with open_document(bombs / f"{name}.pdf", name=name, options=Options()) as document:
        size = document.measure(1)
        assert not size.has_text
        assert "limit: font_codes=140000" in size.barred or "looked at" in size.barred
        assert document.render(1).gray.size > 0


@pytest.mark.slow
@pytest.mark.issue(26)
@pytest.mark.parametrize(
    ("name", "limit"), [("characters", "characters=20000"), ("characters_and_shapes", "shapes")]
)
def test_a_page_of_too_many_characters_or_shapes_is_read_by_its_pixels(bombs, name, limit):
    with open_document(bombs / f"{name}.pdf", name=name, options=Options()) as document:
        assert limit in document.measure(1).barred


@pytest.mark.parametrize(
    "path", sorted((ROOT / "fixtures" / "scans").glob("*.pdf")), ids=lambda path: path.stem
)
def test_no_report_is_too_much(path):
    pages = len(pypdfium2.PdfDocument(path))
    scales = open_scales(path, None, Limits(), pages)
    assert scales.pages == pages
    assert [scales.check(page) for page in range(1, pages + 1)] == [""] * pages
    # Nor would a fifth of what is allowed be.
    scales.limits = replace(Limits(), instructions_mb=3.2, text_mb=0.4, stream_mb=12.8, font_codes=28_000)
    assert [scales.check(page) for page in range(1, pages + 1)] == [""] * pages
    scales.close()


def test_what_another_reader_sees_otherwise_is_not_read_by_its_text(tmp_path):
    path = ROOT / "fixtures" / "scans" / "dept-2023-bilevel.pdf"
    assert "structure" in open_scales(path, None, Limits(), 99).check(1)
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.4 nothing")
    assert "structure" in open_scales(tmp_path / "x.pdf", None, Limits(), 1).check(1)


def test_a_file_and_a_document_have_limits_too():
    path = ROOT / "fixtures" / "scans" / "dept-2023-bilevel.pdf"
    with (
        pytest.raises(DocumentError, match=r"limit: file_mb=0\.001"),
        open_document(path, name="x", options=Options(limits=Limits(file_mb=0.001))),
    ):
        pass
    with open_document(path, name="x", options=Options(limits=Limits(total_megapixels=5))) as document:
        document.render(1)
        with pytest.raises(DocumentError, match="limit: total_megapixels=5"):
            document.render(2)


def test_limits_are_told_by_name():
    assert parse_limits(["characters=5", " file_mb=0.5"]) == Limits(characters=5, file_mb=0.5)
    for wrong in (
        "characters",
        "characters=",
        "characters=1.5",
        "lines=4",
        "file_mb=nan",
        "file_mb=-1",
        "nesting=0",
    ):
        with pytest.raises(UsageError):
            parse_limits([wrong])


def test_every_limit_is_told_of_with_its_value():
    told = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    for name, value in asdict(Limits()).items():
        assert f"| `{name}` | {value:,g} |" in told


@pytest.mark.slow
@pytest.mark.issue(25)
@pytest.mark.parametrize(
    "name",
    ["forms_of_forms", "forms_nested", "glyphs_that_draw_forms", "masks_of_masks", "widths_of_millions"],
)
def test_what_is_too_much_is_so_for_every_page_that_draws_it(bombs, name):
    """Of a form that was too much for a page the next page was told that it weighs nothing."""
    scales = open_scales(bombs / f"{name}.pdf", None, Limits(), 1)
    try:
        first, second = (_tell(scales) for _ in range(2))
    finally:
        scales.close()
    assert first == second != ""


def _tell(scales):
    try:
        return scales.check(1)
    except DocumentError as error:
        return str(error)
