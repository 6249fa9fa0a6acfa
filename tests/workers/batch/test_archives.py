"""Archives as they come: names of every origin, and what is made to do harm."""

from __future__ import annotations

import gzip
import io
import random
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow
import pytest

from workers.batch.archive_entries import Limits
from workers.batch.archives import Copies, archive_opener, is_archive, read_members
from workers.batch.inputs import Member, find_inputs
from workers.files.room import KEPT_FREE


@pytest.fixture
def copies(tmp_path: Path) -> Iterator[Copies]:
    opened = Copies(tmp_path / "out")
    yield opened
    opened.close()
    assert not list((tmp_path / "out").glob(".*"))


def _zip(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _tar(path: Path, members: dict[str, bytes]) -> Path:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    content = stream.getvalue()
    if path.name.endswith("gz"):
        content = gzip.compress(content)
    elif path.name.endswith("zst"):
        content = pyarrow.compress(content, codec="zstd", asbytes=True)
    path.write_bytes(content)
    return path


def _read(path: Path, copies: Copies, limits: Limits | None = None) -> dict[str, bytes]:
    """Contents of the members that can be read, by name."""
    return {
        member.name: member.path.read_bytes()
        for member in read_members(path, copies, limits)
        if member.path is not None
    }


def _problems(path: Path, copies: Copies, limits: Limits | None = None) -> list[Member]:
    return [member for member in read_members(path, copies, limits) if member.problem]


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.TGZ", "a.tar.zst"])
def test_pdfs_are_copied_in_order_and_hidden_files_left_out(tmp_path, copies, name):
    members = {
        "年报/乙.pdf": b"2",
        "甲.PDF": b"1",
        ".x/c.pdf": b"3",
        "__MACOSX/._甲.pdf": b"4",
        "n.txt": b"5",
    }
    path = tmp_path / name
    if name == "a.zip":
        _zip(path, **members)
    elif name == "a.TGZ":
        _tar(tmp_path / "a.tgz", members).rename(path)
    else:
        _tar(path, members)
    assert is_archive(name)
    assert _read(path, copies) == {"年报/乙.pdf": b"2", "甲.PDF": b"1"}
    assert [member.name for member in read_members(path, None)] == ["年报/乙.pdf", "甲.PDF"]


def test_a_copy_is_made_when_its_turn_has_come_and_goes_when_it_is_released(tmp_path, copies):
    path = _zip(tmp_path / "a.zip", **{"x.pdf": b"x", "y.pdf": b"y"})
    members = read_members(path, copies)
    first = next(members)
    assert len(list((tmp_path / "out").rglob("*.pdf"))) == 1
    copies.release(first.path)
    copies.release(path)
    assert path.exists()
    assert [file.name for file in (tmp_path / "out").rglob("*.pdf")] == []
    assert next(members).path.name == "y.pdf"


def test_what_a_killed_run_left_goes_at_the_next(tmp_path):
    path = _zip(tmp_path / "a.zip", **{"x.pdf": b"x"})
    left = tmp_path / "out" / ".members-old"
    left.mkdir(parents=True)
    (left / ".lock").touch()
    living, other = Copies(tmp_path / "out"), Copies(tmp_path / "out")
    next(read_members(path, living))
    assert not left.exists()
    next(read_members(path, other))
    assert len(list((tmp_path / "out").rglob("x.pdf"))) == 2
    living.close()
    other.close()
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_without_a_mark_are_decoded_as_they_were_made(tmp_path, copies, encoding):
    name = "东风区/二〇二三年年报.pdf"
    raw = name.encode(encoding)
    path = _zip(tmp_path / "a.zip", **{"x" * len(raw): b"1"})
    path.write_bytes(path.read_bytes().replace(b"x" * len(raw), raw))
    assert _read(path, copies) == {name: b"1"}
    tar = _tar(tmp_path / "a.tar", {})
    with tarfile.open(tar, "w", format=tarfile.GNU_FORMAT, encoding=encoding) as archive:
        archive.addfile(tarfile.TarInfo(name))
    assert _read(tar, copies) == {name: b""}


def test_nothing_leads_out_of_the_archive(tmp_path, copies):
    names = ["../../up.pdf", "/abs.pdf", "a/../b.pdf", "..\\win\\c.pdf", "x/./y.pdf"]
    path = _zip(tmp_path / "a.zip", **dict.fromkeys(names, b"1"))
    assert list(_read(path, copies)) == ["up.pdf", "abs.pdf", "a/b.pdf", "win/c.pdf", "x/y.pdf"]
    found = find_inputs([path], archives=archive_opener(copies))
    assert [item.output for item in found] == [
        f"a.zip/{name}.json" for name in ("up", "abs", "a/b", "win/c", "x/y")
    ]


def test_links_and_devices_are_no_documents(tmp_path, copies):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE):
            info = tarfile.TarInfo("link.pdf")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    found = list(read_members(path, copies))
    assert [(member.path, "not followed" in member.problem) for member in found] == [(None, True)] * 2


def test_archives_within_are_told_and_not_opened(tmp_path, copies):
    inner = _zip(tmp_path / "inner.zip", **{"x.pdf": b"1"}).read_bytes()
    path = _zip(tmp_path / "a.zip", **{"sub/inner.zip": inner, "b.rar": b"", "y.pdf": b"2"})
    assert _read(path, copies) == {"y.pdf": b"2"}
    told = _problems(path, copies)
    assert [(item.name, item.code) for item in told] == [
        ("sub/inner.zip", "nested_archive"), ("b.rar", "nested_archive"),
    ]  # fmt: skip
    assert "unpack it" in told[0].problem


def test_an_encrypted_zip_is_one_failure_that_says_what_to_do(tmp_path, copies):
    path = _zip(tmp_path / "a.zip", **{"x.pdf": b"1", "y.pdf": b"2"})
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = content.find(mark)
        content[place + offset] |= 1
    path.write_bytes(content)
    (told,) = _problems(path, copies)
    assert (told.name, told.code) == ("", "encrypted")
    assert "1 of its 2 documents are encrypted: unpack it with its password" in told.problem
    assert _read(path, copies) == {"y.pdf": b"2"}


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.zst"])
def test_what_is_no_archive_is_told(tmp_path, copies, name):
    path = tmp_path / name
    path.write_bytes(b"not an archive at all" * 99)
    (told,) = read_members(path, copies)
    assert (told.name, told.code) == ("", "archive")
    assert "damaged" in told.problem


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.zst"])
def test_an_archive_cut_off_anywhere_is_told(tmp_path, copies, name):
    path = tmp_path / name
    members = {f"{number}.pdf": bytes([number]) * 3_000 for number in range(1, 4)}
    _zip(path, **members) if name == "a.zip" else _tar(path, members)
    content = path.read_bytes()
    for share in range(1, 10):
        path.write_bytes(content[: len(content) * share // 20])
        found = list(read_members(path, copies))
        assert found[-1].problem, share
        assert all(item.path.read_bytes() == members[item.name] for item in found if item.path)


def test_a_damaged_member_costs_no_other(tmp_path, copies):
    path = _zip(tmp_path / "a.zip", **{"x.pdf": bytes(range(256)) * 9, "y.pdf": b"2"})
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    assert _read(path, copies) == {"y.pdf": b"2"}
    (told,) = _problems(path, copies)
    assert told.name == "x.pdf"


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar.zst"])
def test_bombs_go_off_at_the_limits(tmp_path, copies, name):
    path = tmp_path / name
    members = {"1.pdf": b"1", "bomb.pdf": bytes(300_000_000)}
    _zip(path, **members) if name == "a.zip" else _tar(path, members)
    found = list(read_members(path, copies))
    assert [(item.name, item.code) for item in found] == [("1.pdf", ""), ("", "archive_limit")]
    assert "200 times its size" in found[1].problem
    assert len(list((tmp_path / "out").rglob("*.pdf"))) == 1
    small = Limits(member_bytes=1_000_000)
    assert next((item.name, item.code) for item in _problems(path, copies, small)) == ("bomb.pdf", "archive")


def test_numbers_of_files_and_bytes_are_limited(tmp_path, copies):
    members = {f"{number}.pdf": bytes(20_000) for number in range(9)}
    for path in (_zip(tmp_path / "a.zip", **members), _tar(tmp_path / "a.tar", members)):
        (told,) = _problems(path, copies, Limits(members=4))
        assert "more than 4 files" in told.problem
        (told,) = _problems(path, copies, Limits(total_bytes=100_000))
        assert "100,000 bytes" in told.problem


def test_a_header_that_would_fill_memory_is_refused(tmp_path, copies):
    path = tmp_path / "a.tar.gz"
    info = tarfile.TarInfo("x" * 5_000_000 + ".pdf")
    with gzip.open(path, "wb") as stream:
        stream.write(info.tobuf(tarfile.GNU_FORMAT))
    (told,) = read_members(path, copies)
    assert "header larger than any archive needs" in told.problem


def test_long_names_from_an_archive_can_be_written(tmp_path, copies):
    path = _zip(tmp_path / "a.zip", **{f"{'长' * 150}/{'名' * 150}.pdf": b"1"})
    (item,) = find_inputs([path], archives=archive_opener(copies))
    target = tmp_path / "out" / item.output
    target.parent.mkdir(parents=True)
    target.touch()
    assert item.path.read_bytes() == b"1"


def test_an_archive_is_a_folder_of_its_name_and_only_where_asked(tmp_path, copies):
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "b.pdf").touch()
    _zip(folder / "sub" / "a.zip", **{"x.pdf": b"1", "X.PDF": b"2"})
    assert [item.name for item in find_inputs([folder])] == ["b.pdf"]
    found = list(find_inputs([folder, folder / "sub" / "a.zip"], archives=archive_opener(copies)))
    assert [(item.name, item.output) for item in found] == [
        ("b.pdf", "b.json"), ("sub/a.zip/x.pdf", "sub/a.zip/x.json"), ("sub/a.zip/X.PDF", "sub/a.zip/X-2.json"),
    ]  # fmt: skip


def test_a_compressed_tar_whose_bytes_are_others_is_told(tmp_path, copies):
    path = _tar(tmp_path / "a.tar.gz", {"x.pdf": b"1"})
    content = bytearray(path.read_bytes())
    content[-5] ^= 0xFF
    path.write_bytes(content)
    assert [(item.name, item.code) for item in read_members(path, copies)] == [("x.pdf", ""), ("", "archive")]


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.zst"])
def test_no_damage_gets_past_the_reader(tmp_path, copies, name):
    path = tmp_path / name
    members = {f"目录/{number}.pdf": bytes(range(256)) * number for number in range(1, 4)}
    _zip(path, **members) if name == "a.zip" else _tar(path, members)
    content, chance = path.read_bytes(), random.Random(1)
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(chance.choice([1, 2, 5])):
            damaged[chance.randrange(len(damaged))] = chance.choice([0, 255, chance.randrange(256)])
        path.write_bytes(damaged)
        for member in read_members(path, copies):
            assert bool(member.problem) != bool(member.path)
            if member.path is not None:
                copies.release(member.path)


@pytest.mark.issue(26)
@pytest.mark.parametrize("ending", [".tar", ".tar.gz"])
def test_a_sparse_member_is_told_and_writes_nothing(tmp_path, copies, ending):
    source = tmp_path / "in"
    source.mkdir()
    with (source / "holes.pdf").open("wb") as stream:
        stream.truncate(50_000_000)
        stream.seek(49_999_999)
        stream.write(b"x")
    (source / "good.pdf").write_bytes(b"%PDF-good")
    path = tmp_path / f"a{ending}"
    command = ["tar", "--sparse", "-C", str(source), "-caf", str(path), "holes.pdf", "good.pdf"]
    subprocess.run(command, check=True)
    found = list(read_members(path, copies))
    assert [(member.name, bool(member.problem)) for member in found] == [
        ("holes.pdf", True),
        ("good.pdf", False),
    ]
    assert "sparse" in found[0].problem
    assert found[1].path is not None
    assert found[1].path.read_bytes() == b"%PDF-good"
    assert sum(file.stat().st_size for file in tmp_path.glob("out/.members-*/*/*")) < 1000


@pytest.mark.issue(26)
def test_links_in_archives_are_told_and_not_followed(tmp_path, copies):
    (tmp_path / "secret.pdf").write_bytes(b"%PDF-secret")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, kind in (("soft.pdf", tarfile.SYMTYPE), ("hard.pdf", tarfile.LNKTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, str(tmp_path / "secret.pdf")
            archive.addfile(info)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as zipped:
        link = zipfile.ZipInfo("soft.pdf")
        link.external_attr = 0o120777 << 16
        zipped.writestr(link, str(tmp_path / "secret.pdf"))
    for path in (tmp_path / "a.tar", tmp_path / "a.zip"):
        found = list(read_members(path, copies))
        assert found
        assert all(member.path is None and "not followed" in member.problem for member in found)


@pytest.mark.issue(26)
def test_copies_of_the_same_bytes_take_their_room_once(tmp_path, copies):
    path = _zip(tmp_path / "a.zip", **{f"{number}.pdf": b"%PDF" + bytes(100_000) for number in range(5)})
    found = [member.path for member in read_members(path, copies)]
    assert len({place.stat().st_ino for place in found}) == 1
    copies.release(found[0])
    assert all(place.read_bytes() == b"%PDF" + bytes(100_000) for place in found[1:])
    for place in found[1:]:
        copies.release(place)
    again = next(iter(read_members(path, copies)))
    assert again.path is not None
    assert again.path.read_bytes()[:4] == b"%PDF"


@pytest.mark.issue(26)
def test_an_archive_stops_before_the_disk_is_full_and_the_next_file_is_found(tmp_path, copies, monkeypatch):
    (tmp_path / "in").mkdir()
    # What does not compress, as scans do not: it is no bomb.
    _zip(tmp_path / "in" / "a.zip", **{"one.pdf": b"%PDF", "two.pdf": random.Random(1).randbytes(40_000_000)})
    (tmp_path / "in" / "b.pdf").write_bytes(b"%PDF")
    left = iter([KEPT_FREE + 50_000_000, KEPT_FREE + 20_000_000])
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(
        "shutil.disk_usage", lambda path: usage._replace(total=10**12, free=next(left, KEPT_FREE))
    )
    found = list(find_inputs([tmp_path / "in"], archives=archive_opener(copies)))
    assert [(item.name, item.problem_code if item.problem else "") for item in found] == [
        ("a.zip/one.pdf", ""), ("a.zip", "no_room"), ("b.pdf", ""),
    ]  # fmt: skip
    assert "No space left on device (all but 256 MB)" in found[1].problem
