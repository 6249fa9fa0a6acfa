"""Pictures that are one document together, found, bound and read."""

from __future__ import annotations

import io
import json

import pikepdf
import pytest
from PIL import Image

from tests.paths import ROOT
from workers.batch.binding import bind
from workers.batch.grouping import GroupBy, group_files, natural_key
from workers.batch.inputs import find_inputs
from workers.cli.entry import run_cli


def _picture(path, shade=200, kind="JPEG"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (400, 600), shade).save(path, kind, dpi=(150, 150))
    return path


def test_names_are_ordered_as_people_do():
    names = ["10.jpg", "2.jpg", "a10", "A2", "第12页", "第3页", "1.jpg", ""]
    assert sorted(names, key=natural_key) == ["", "1.jpg", "2.jpg", "10.jpg", "A2", "a10", "第3页", "第12页"]


@pytest.mark.parametrize(
    ("by", "told"),
    [
        (GroupBy.FILE, [("a.pdf", 1), ("doc_2.jpg", 1), ("doc_10.jpg", 1), ("x.png", 1)]),
        (GroupBy.FOLDER, [("a.pdf", 1), ("", 3)]),
        (GroupBy.NUMBER, [("a.pdf", 1), ("doc", 2), ("x.png", 1)]),
    ],
)
def test_files_of_a_folder_are_grouped(by, told):
    names = ["doc_10.jpg", "a.pdf", "x.png", "doc_2.jpg"]
    found = list(group_files(names, by))
    assert [(name, len(files)) for name, files in found] == told
    assert [file for _, files in found for file in files if file.startswith("doc")] == [
        "doc_2.jpg",
        "doc_10.jpg",
    ]


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["doc_001.jpg", "doc_002.jpg"], {"doc": 2}),
        (["报告 1.tif", "报告 2.TIF", "报告 10.tif"], {"报告": 3}),
        (["扫描(1).png", "扫描(2).png"], {"扫描": 2}),
        (["2019-1.jpg", "2019-2.jpg", "2020-1.jpg", "2020-2.jpg"], {"2019": 2, "2020": 2}),
        (["1.jpg", "2.jpg"], {"": 2}),
        (["doc_1.jpg", "other_1.jpg"], {"doc_1.jpg": 1, "other_1.jpg": 1}),
        (["doc_1.pdf", "doc_2.pdf"], {"doc_1.pdf": 1, "doc_2.pdf": 1}),
    ],
)
def test_pictures_numbered_in_a_row_are_one_document(names, groups):
    assert {name: len(files) for name, files in group_files(names, GroupBy.NUMBER)} == groups


def test_documents_of_folders_are_called_as_the_folders_are(tmp_path):
    for name in ("top/1.jpg", "top/区/a/2.jpg", "top/区/a/10.jpg", "top/区/a.pdf", "top/区/b/x.png"):
        _picture(tmp_path / name)
    found = list(find_inputs([tmp_path / "top"], group_by=GroupBy.FOLDER))
    assert [(item.name, item.output, [part.name for part in item.parts]) for item in found] == [
        ("top", "top.json", ["1.jpg"]),
        ("区/a.pdf", "区/a.json", []),
        ("区/a", "区/a-2.json", ["2.jpg", "10.jpg"]),
        ("区/b", "区/b.json", ["x.png"]),
    ]


def test_a_link_among_them_is_the_documents_problem(tmp_path):
    _picture(tmp_path / "in" / "1.jpg")
    (tmp_path / "in" / "2.jpg").symlink_to(_picture(tmp_path / "elsewhere.jpg"))
    [item] = find_inputs([tmp_path / "in"], group_by=GroupBy.FOLDER)
    assert "--follow-links" in item.problem
    [item] = find_inputs([tmp_path / "in"], group_by=GroupBy.FOLDER, follow_links=True)
    assert not item.problem


def test_bound_pictures_keep_their_bytes_and_order_and_are_the_same_each_time(tmp_path):
    parts = [_picture(tmp_path / f"{shade}.jpg", shade) for shade in (40, 200, 120)]
    assert bind(parts, tmp_path / "a.pdf") is None
    assert bind(parts, tmp_path / "b.pdf") is None
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    with pikepdf.open(tmp_path / "a.pdf") as bound:
        kept = [next(iter(page.get_images().values())).read_raw_bytes() for page in bound.pages]
    shades = [Image.open(io.BytesIO(data)).getpixel((5, 5)) for data in kept]
    assert [round(shade, -1) for shade in shades] == [40, 200, 120]
    assert all(data in part.read_bytes() for data, part in zip(kept, parts, strict=True))


def test_a_picture_that_is_damaged_or_none_is_told(tmp_path):
    good = _picture(tmp_path / "1.jpg")
    (tmp_path / "2.png").write_bytes(b"\x89PNG\r\n\x1a\n cut off")
    failure = bind([good, tmp_path / "2.png"], tmp_path / "a.pdf")
    assert failure is not None
    assert failure.code == "damaged_picture"
    assert failure.message.startswith("2.png: a damaged picture")


@pytest.mark.slow
@pytest.mark.model
def test_a_folder_of_pictures_is_read_as_its_pdf_is(tmp_path, capsys):
    import pypdfium2 as pdfium

    source = ROOT / "fixtures" / "scans" / "dongfeng-2025.pdf"
    pdf = pdfium.PdfDocument(source)
    folder = tmp_path / "in" / "东风"
    folder.mkdir(parents=True)
    for number, page in zip((1, 2, 10), pdf, strict=True):
        page.render(scale=200 / 72).to_pil().convert("L").save(folder / f"{number}.png", dpi=(200, 200))
    command = [
        "run",
        str(tmp_path / "in"),
        "--output",
        str(tmp_path / "out"),
        "--group-by",
        "folder",
        "--json",
    ]
    assert run_cli(command) == 0
    capsys.readouterr()
    told = json.loads((tmp_path / "out" / "东风.json").read_text(encoding="utf-8"))
    truth = json.loads(source.with_suffix(".truth.json").read_text(encoding="utf-8"))
    fields = {key: field["value"] for key, field in told["reports"][0]["fields"].items()}
    assert told["source"]["pages"] == 3
    assert told["source"]["name"] == "东风"
    assert fields == {key: truth["reports"][0]["fields"][key] for key in fields}
    assert run_cli(command) == 0
    assert json.loads(capsys.readouterr().out)["resumed"] == 1
