from __future__ import annotations

import hashlib
import io
import time

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.seams.errors import StorageError, UsageError
from workers.service.store.blobs import AwayError, FolderBlobs, LostBlobError, TooLargeError
from workers.service.store.identity import find_blobs
from workers.service.store.remote_blobs import RemoteBlobs

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.fixture(params=["folder", "remote"])
def blobs(request, tmp_path):
    if request.param == "folder":
        made = FolderBlobs(tmp_path / "blobs")
    else:
        made = RemoteBlobs(f"{request.getfixturevalue('bucket')}/blobs")
    made.leave_mark("mark")
    return made


def _all(blobs):
    digits = (f"{number:02x}" for number in range(256))
    return [sha256 for two in digits for sha256, _ in blobs.list(two)]


@given(content=st.binary(max_size=5000))
def test_what_is_put_comes_back_under_its_hash(tmp_path_factory, content):
    blobs = FolderBlobs(tmp_path_factory.mktemp("blobs"))
    blobs.leave_mark("mark")
    blob = blobs.put(io.BytesIO(content))
    assert blob.sha256 == hashlib.sha256(content).hexdigest()
    assert blob.size == len(content)
    with blobs.local(blob.sha256) as path:
        assert path.read_bytes() == content


def test_put_twice_it_is_there_once(blobs):
    first, second = (blobs.put(io.BytesIO(b"same")) for _ in range(2))
    assert first == second
    assert _all(blobs) == [first.sha256]
    with blobs.local(first.sha256) as path:
        assert path.read_bytes() == b"same"


def test_what_is_too_large_leaves_nothing(blobs):
    with pytest.raises(TooLargeError, match="larger than"):
        blobs.put(io.BytesIO(b"x" * 100), limit=99)
    assert blobs.put(io.BytesIO(b"x" * 99), limit=99).size == 99
    assert len(_all(blobs)) == 1
    assert list(blobs.unfinished()) == []


def test_what_is_not_there_is_an_error(blobs):
    with pytest.raises(LostBlobError), blobs.local("0" * 64):
        pass
    assert not blobs.exists("0" * 64)
    blobs.delete("0" * 64)


def test_deleting(blobs):
    sha256 = blobs.put(io.BytesIO(b"a")).sha256
    blobs.delete(sha256)
    assert not blobs.exists(sha256)


def test_a_store_is_known_by_its_mark(blobs):
    assert blobs.read_mark() == "mark"
    blobs.put(io.BytesIO(b"a"))
    assert len(_all(blobs)) == 1


def test_a_probe_leaves_nothing(blobs):
    blobs.probe()
    assert _all(blobs) == []
    assert list(blobs.unfinished()) == []


def test_what_is_there_is_listed_by_its_first_digits(blobs):
    put = [blobs.put(io.BytesIO(content)).sha256 for content in (b"a", b"b", b"c")]
    for sha256 in put:
        assert [name for name, _ in blobs.list(sha256[:2])] == [sha256]
    assert list(blobs.list("00")) == []


def test_what_a_killed_writer_left_is_known_and_can_be_thrown_away(tmp_path, bucket):
    folder, remote = FolderBlobs(tmp_path / "blobs"), RemoteBlobs(f"{bucket}/blobs")
    for blobs, left in ((folder, "incoming/5f0c"), (remote, "probe-5f0c")):
        blobs.leave_mark("mark")
        if blobs is folder:
            (tmp_path / "blobs" / left).write_bytes(b"half")
        else:
            fsspec.filesystem("s3").pipe_file(f"{bucket}/blobs/{left}", b"half")
        ((name, grown),) = blobs.unfinished()
        assert left.endswith(name)
        assert abs(time.time() - grown) < 60
        blobs.discard(name)
        blobs.discard(name)
        assert list(blobs.unfinished()) == []
        assert blobs.read_mark() == "mark"


def test_where_there_is_no_store_nothing_is_made(tmp_path):
    """A mount point without its share would be taken for a store from then on."""
    blobs = FolderBlobs(tmp_path / "mount")
    (tmp_path / "mount").mkdir()
    assert blobs.read_mark() == ""
    with pytest.raises(AwayError, match="is it mounted"):
        blobs.put(io.BytesIO(b"a"))
    assert list((tmp_path / "mount").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        FolderBlobs(tmp_path / "file" / "blobs").leave_mark("mark")


def test_a_url_of_no_known_kind_is_told():
    with pytest.raises(UsageError, match="nonsense"):
        find_blobs("nonsense://bucket")
