from __future__ import annotations

import hashlib
import io

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.seams.errors import StorageError, UsageError
from workers.service.store.blobs import FolderBlobs, RemoteBlobs, TooLargeError, open_blobs

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.fixture(params=["folder", "remote"])
def blobs(request, tmp_path):
    if request.param == "folder":
        return FolderBlobs(tmp_path / "blobs")
    return RemoteBlobs(fsspec.filesystem("file", auto_mkdir=True), str(tmp_path / "bucket"))


@given(content=st.binary(max_size=5000))
def test_what_is_put_comes_back_under_its_hash(tmp_path_factory, content):
    blobs = FolderBlobs(tmp_path_factory.mktemp("blobs"))
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
    with pytest.raises(StorageError), blobs.local("0" * 64):
        pass
    assert not blobs.exists("0" * 64)
    blobs.delete("0" * 64)


def test_deleting(blobs):
    sha256 = blobs.put(io.BytesIO(b"a")).sha256
    blobs.delete(sha256)
    assert not blobs.exists(sha256)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        open_blobs(str(tmp_path / "file" / "blobs"))


def test_a_url_of_no_known_kind_is_told():
    with pytest.raises(UsageError, match="nonsense"):
        open_blobs("nonsense://bucket")
