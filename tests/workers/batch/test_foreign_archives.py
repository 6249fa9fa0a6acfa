"""7z and RAR are read as zip and tar are."""

from __future__ import annotations

import hashlib
import struct
import zlib
from contextlib import closing
from pathlib import Path

import libarchive
import pytest

from workers.batch.archive_entries import Limits
from workers.batch.archives import Copies, archive_opener, read_members
from workers.batch.foreign_archives import has_library
from workers.batch.inputs import find_inputs

_FILES = {"区/一 x.pdf": b"%PDF-1.7 one" * 5000, "y.PNG": b"two", "note.xlsx": b"three", "empty.pdf": b""}


def _seven(path: Path, files: dict[str, bytes]) -> Path:
    with libarchive.file_writer(str(path), "7zip") as archive:
        for name, content in files.items():
            archive.add_file_from_memory(name, len(content), content)
    return path


def _rar_block(kind: int, flags: int, fields: bytes, extra: int = 0) -> bytes:
    head = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
    return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head


def _rar(path: Path, files: dict[str, bytes]) -> Path:
    """A RAR of version 4 whose files are stored; no free program writes any."""
    made = b"Rar!\x1a\x07\x00" + _rar_block(0x73, 0, bytes(6))
    for name, content in files.items():
        # The name as UTF-8 and empty as UTF-16, which means that it is UTF-8.
        told = name.encode()
        fields = struct.pack(
            "<IIBIIBBHI", len(content), len(content), 3, zlib.crc32(content), 0, 20, 0x30, len(told), 0o644
        )
        made += _rar_block(0x74, 0x8000, fields + told) + content
    path.write_bytes(made + _rar_block(0x7B, 0x4000, b""))
    return path


def _number(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + _number(value >> 7)


def _rar5_block(kind: int, flags: int, fields: bytes, data: bytes = b"") -> bytes:
    head = _number(kind) + _number(flags) + (_number(len(data)) if flags & 2 else b"") + fields
    head = _number(len(head)) + head
    return struct.pack("<I", zlib.crc32(head)) + head + data


def _rar5(path: Path, files: dict[str, bytes], last: int = 0) -> Path:
    """A RAR of version 5 whose files are stored. last: flags of the block that ends it."""
    made = b"Rar!\x1a\x07\x01\x00" + _rar5_block(1, 0, _number(0))
    for name, content in files.items():
        told = name.encode()
        fields = _number(4) + _number(len(content)) + _number(0o644) + struct.pack("<I", zlib.crc32(content))
        fields += _number(0) + _number(1) + _number(len(told)) + told
        made += _rar5_block(2, 2, fields, content)
    path.write_bytes(made + _rar5_block(5, 0, _number(last)))
    return path


def _read(path: Path, tmp_path: Path, **options):
    left: list[str] = []
    with closing(Copies(tmp_path)) as copies:
        members = list(read_members(path, copies, leave_out=left.append, **options))
        found = {m.name: m.path.read_bytes() for m in members if m.path is not None}
        assert all(hashlib.sha256(found[m.name]).hexdigest() == m.sha256 for m in members if m.path)
    return found, [(m.name, m.problem) for m in members if m.problem], left


@pytest.mark.parametrize("make", [_seven, _rar, _rar5])
def test_members_come_one_by_one_with_their_bytes(make, tmp_path):
    suffix = "7z" if make is _seven else "rar"
    path = make(tmp_path / f"a.{suffix}", _FILES)
    found, problems, left = _read(path, tmp_path)
    assert found == {name: content for name, content in _FILES.items() if not name.endswith("xlsx")}
    assert (problems, left) == ([], ["note.xlsx"])
    names = [m.name for m in read_members(path, None)]
    assert names == [name for name in _FILES if not name.endswith("xlsx")]


def test_they_are_found_in_folders_and_named_as_members_of_zips_are(tmp_path):
    _seven(tmp_path / "a.7z", _FILES)
    found = [(item.name, item.output) for item in find_inputs([tmp_path], archives=archive_opener(None))]
    assert found == [
        ("a.7z/区/一 x.pdf", "a.7z/区/一 x.json"),
        ("a.7z/y.PNG", "a.7z/y.json"),
        ("a.7z/empty.pdf", "a.7z/empty.json"),
    ]


def test_what_is_damaged_or_none_is_told(tmp_path):
    whole = _seven(tmp_path / "a.7z", _FILES).read_bytes()
    (tmp_path / "cut.7z").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.rar").write_bytes(b"no archive")
    for name in ("cut.7z", "text.rar"):
        found, [(member, problem)], _ = _read(tmp_path / name, tmp_path)
        assert (found, member) == ({}, "")
        assert problem.startswith(f"{name} cannot be read any further (")
    damaged = bytearray(whole)
    damaged[100] ^= 0xFF
    (tmp_path / "b.7z").write_bytes(damaged)
    (tmp_path / "cut.rar").write_bytes(_rar(tmp_path / "c.rar", _FILES).read_bytes()[:1000])
    for name in ("b.7z", "cut.rar"):
        _, [(_, problem)], _ = _read(tmp_path / name, tmp_path)
        assert f"{name} cannot be read any further" in problem


@pytest.mark.parametrize("make", [_rar, _rar5])
def test_a_rar_that_ends_between_its_members_is_told_and_the_first_are_read(make, tmp_path):
    whole = make(tmp_path / "a.rar", {"one.pdf": b"%PDF-1.7 one", "two.pdf": b"%PDF-1.7 two"})
    content = whole.read_bytes()
    assert _read(whole, tmp_path)[1] == []
    end = content.index(b"%PDF-1.7 one") + len(b"%PDF-1.7 one")
    path = tmp_path / "cut.rar"
    for length in (end, end + 3, content.index(b"two.pdf") + 3, len(content) - 1):
        path.write_bytes(content[:length])
        found, [(member, problem)], _ = _read(path, tmp_path)
        assert found["one.pdf"] == b"%PDF-1.7 one"
        assert (member, problem.startswith("cut.rar ")) == ("", True)
        assert [m.name for m in read_members(path, None)][-1] == ""


def test_a_rar_of_junk_or_without_members_or_of_several_volumes_is_told(tmp_path):
    (tmp_path / "junk.rar").write_bytes(b"Rar!\x1a\x07\x01\x00" + b"junk" * 20)
    _rar5(tmp_path / "none.rar", {})
    _rar5(tmp_path / "part1.rar", {"a.pdf": b"%PDF-1.7"}, last=1)
    for name, why in (("junk", "is damaged or cut off"), ("none", "holds no file"), ("part1", "volumes")):
        _, [(member, problem)], _ = _read(tmp_path / f"{name}.rar", tmp_path)
        assert member == "" and problem.startswith(f"{name}.rar ") and why in problem


def test_limits_hold_as_for_zips(tmp_path):
    path = _seven(tmp_path / "a.7z", {f"{number}.pdf": bytes(1_000_000) for number in range(5)})
    found, [(_, problem)], _ = _read(path, tmp_path, limits=Limits(total_bytes=2_500_000))
    assert list(found) == ["0.pdf", "1.pdf"]
    assert "unpacks to more than 2,500,000 bytes" in problem
    _, [(_, problem)], _ = _read(path, tmp_path, limits=Limits(members=2))
    assert "holds more than 2 files" in problem


def test_without_the_library_it_is_told_what_to_do(tmp_path, monkeypatch):
    assert has_library()
    path = _seven(tmp_path / "a.7z", _FILES)
    monkeypatch.setenv("LIBARCHIVE", str(tmp_path / "none.so"))
    found, [(_, problem)], _ = _read(path, tmp_path)
    assert found == {}
    assert "a.7z needs libarchive" in problem
    assert "apt-get install libarchive13" in problem
