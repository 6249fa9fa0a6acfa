from __future__ import annotations

import hashlib
import io

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
    assert [sha256 for sha256, _ in blobs.list()] == [first.sha256]
    with blobs.local(first.sha256) as path:
        assert path.read_bytes() == b"same"


def test_what_is_too_large_leaves_nothing(blobs, tmp_path):
    with pytest.raises(TooLargeError, match="larger than"):
        blobs.put(io.BytesIO(b"x" * 100), limit=99)
    assert blobs.put(io.BytesIO(b"x" * 99), limit=99).size == 99
    assert len(list(blobs.list())) == 1
    assert not list(tmp_path.glob("blobs/incoming/*"))


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
    assert len(list(blobs.list())) == 1


def test_a_probe_leaves_nothing(blobs):
    blobs.probe()
    assert list(blobs.list()) == []


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
