"""Pages read and reports on them, as files: what a process that is killed, or works for another one, leaves behind.

A file has the page and, behind it, its picture, which is loaded when it is looked at. It is bound to what it was read
by: a document taken up again, or read by several processes, gives the very result it would have given undisturbed.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any, TypeVar, get_origin

import msgspec
import numpy as np
from numpy.typing import NDArray

from extractor.output.result_json import result_from_json, result_to_json
from extractor.seams.engine import Gray
from extractor.seams.errors import StorageError
from extractor.values.labels import PageLabels
from extractor.values.page import HeldPicture, Picture
from extractor.values.read_page import ReadPage, ReadRun, Run
from extractor.values.result import Result, ResultStatus, Source
from extractor.wording.said import said_from_json, said_to_json, say, tell_os_error

#: Changes with what a file looks like.
_FORMAT, _RUNS_FORMAT = "page 1", "runs 1"
#: How names of files end that tell what runs of pages say.
RUNS_SUFFIX = ".runs"
_LENGTH = struct.Struct("<I")
#: Pages from which on they are packed, and their pictures not held in memory. A picture of A4 has eight megabytes; to
#: pack one takes 20 to 47 ms (six pages of three fixtures), of the 760 that reading a page takes, and leaves .7 to 2.
_MANY = 20
#: Pictures that are held at once of those that are files.
_HELD = 4
#: Bytes that a picture may have; pages of 40 megapixels, as large as they may be, have 100 million.
_LARGEST = 1 << 29
_Array = NDArray[Any]
_T = TypeVar("_T")


class _Head(msgspec.Struct, array_like=True):
    """What comes first in a file.

    made_by: fingerprint of what read the page. number: the page's. wordings: what the message of each of its issues
    was made of.
    """

    format: str
    made_by: str
    number: int
    read: ReadPage
    wordings: list[Any]


class _Parts(msgspec.Struct, array_like=True):
    """A picture."""

    flat: _Array
    labels: PageLabels
    coloured: _Array | None


class FileShelf:
    """Pages of one document. made_by: fingerprint of what reads them; pages read by anything else are not found.

    folder: where pages are put. They stay there when the shelf is gone.
    """

    def __init__(self, folder: Path, made_by: str) -> None:
        self._folder, self._made_by = folder, made_by
        self._known: dict[int, Path] = {}
        self._runs: dict[Run, ReadRun] = {}
        #: Pages of the document, as far as is known.
        self.total = 0
        # Of this document alone: files of another may have the same names.
        self._load = lru_cache(maxsize=_HELD)(_load)

    def add(self, path: Path) -> bool:
        """Takes a file that another shelf made; False for one that is damaged or by others, which is no loss."""
        if path.suffix == RUNS_SUFFIX:
            runs = _read_runs(path, self._made_by)
            self._runs.update(runs)
            return bool(runs)
        head = _read_head(path)
        if head is None or head.made_by != self._made_by:
            return False
        self._known[head.number] = path
        return True

    def kept(self, page_no: int) -> Path | None:
        """The file of a page; None where there is none."""
        return self._known.get(page_no)

    @property
    def numbers(self) -> set[int]:
        """Pages that are there."""
        return set(self._known)

    def find(self, page_no: int) -> ReadPage | None:
        """A page that is there; its picture is loaded when it is looked at."""
        path = self._known.get(page_no)
        head = _read_head(path) if path is not None else None
        if path is None or head is None:
            return None
        told = zip(head.read.issues, head.wordings, strict=True)
        issues = tuple(replace(issue, message=said_from_json(issue.message, how)) for issue, how in told)
        return self._with_picture(replace(head.read, issues=issues), path)

    def find_run(self, run: Run) -> ReadRun | None:
        """What pages say together, if a file told it."""
        return self._runs.get(run)

    def put_runs(self, runs: Mapping[Run, ReadRun], path: Path) -> None:
        """Writes what runs of pages say into a file, whose name has to end as those of such files do.

        Raises:
            StorageError: the file cannot be written.
        """
        try:
            path.write_bytes(_encode_runs(runs, self._made_by))
        except OSError as error:
            raise StorageError(say("system.cannot_write_to", path=path, why=tell_os_error(error))) from error

    def put(self, page_no: int, read: ReadPage) -> ReadPage:
        """Writes a page; of a long document its picture is not held any longer, and one page alone is not written.

        Raises:
            StorageError: the file cannot be written.
        """
        if self.total == 1:
            # There is nothing to take up again.
            return read
        is_long = self.total > _MANY
        path = self._folder / f"page-{page_no}.bin"
        try:
            path.write_bytes(encode_page(page_no, read, self._made_by, is_packed=is_long))
        except OSError as error:
            raise StorageError(say("system.cannot_write_to", path=path, why=tell_os_error(error))) from error
        self._known[page_no] = path
        return self._with_picture(read, path) if is_long else read

    def _with_picture(self, read: ReadPage, path: Path) -> ReadPage:
        if read.page is None:
            return read
        picture = _FiledPicture(lambda: self._load(path))
        return replace(read, page=replace(read.page, image=replace(read.page.image, picture=picture)))


class _FiledPicture(Picture):
    """A picture in a file. StorageError where that is gone or damaged by the time it is looked at."""

    def __init__(self, load: Callable[[], HeldPicture]) -> None:
        self._load = load

    @property
    def flat(self) -> Gray:
        return self._load().flat

    @property
    def labels(self) -> PageLabels:
        return self._load().labels

    @property
    def coloured(self) -> Gray | None:
        return self._load().coloured


def _no_picture() -> HeldPicture:
    raise AssertionError("whoever finds a page gives it its picture")


#: Of a page whose head alone has been read.
_NO_PICTURE = _FiledPicture(_no_picture)


def encode_page(number: int, read: ReadPage, made_by: str, *, is_packed: bool) -> bytes:
    """A page as a file; packed it has a fourth of the bytes or less."""
    packer = msgspec.msgpack.Encoder(enc_hook=_pack if is_packed else _leave)
    wordings = [said_to_json(issue.message) for issue in read.issues]
    head = packer.encode(_Head(_FORMAT, made_by, number, read, wordings))
    parts = b""
    if read.page is not None:
        seen = read.page.image.picture
        parts = packer.encode(_Parts(seen.flat, seen.labels, seen.coloured))
    return _LENGTH.pack(len(head)) + head + parts


def _encode_runs(runs: Mapping[Run, ReadRun], made_by: str) -> bytes:
    reports = tuple(read.report for read in runs.values() if read.report is not None)
    told = {
        "format": _RUNS_FORMAT,
        "made_by": made_by,
        "runs": [[list(run), read.report is not None, read.seconds] for run, read in runs.items()],
        "result": result_to_json(Result(Source("", "", 0, 0), ResultStatus.COMPLETE, reports)),
    }
    return json.dumps(told).encode()


def _read_runs(path: Path, made_by: str) -> dict[Run, ReadRun]:
    """What a file says of runs of pages; nothing where it is damaged or by others."""
    try:
        told = json.loads(path.read_bytes())
        if (told["format"], told["made_by"]) != (_RUNS_FORMAT, made_by):
            return {}
        reports = iter(result_from_json(told["result"]).reports)
        return {
            tuple(int(number) for number in run): ReadRun(next(reports) if found else None, float(seconds))
            for run, found, seconds in told["runs"]
        }
    except (OSError, ValueError, LookupError, TypeError, StopIteration):
        return {}


def _read_head(path: Path) -> _Head | None:
    """What a file begins with; None where it is none of ours."""
    try:
        with path.open("rb") as stream:
            (length,) = _LENGTH.unpack(stream.read(_LENGTH.size))
            head = _decode(stream.read(min(length, _LARGEST)), _Head)
    except (OSError, struct.error, msgspec.MsgspecError, ValueError):
        return None
    return head if head.format == _FORMAT else None


def _load(path: Path) -> HeldPicture:
    try:
        with path.open("rb") as stream:
            (length,) = _LENGTH.unpack(stream.read(_LENGTH.size))
            stream.seek(length, 1)
            parts = _decode(stream.read(), _Parts)
    except (OSError, struct.error, msgspec.MsgspecError, ValueError) as error:
        raise StorageError(say("system.of_file", path=path, why=error)) from error
    return HeldPicture(parts.flat, parts.labels, parts.coloured)


def _encode_as(told: Any, store: Callable[[bytes], bytes]) -> Any:
    """What msgpack has no word for."""
    if isinstance(told, np.ndarray):
        plain = np.ascontiguousarray(told)
        return plain.dtype.str, plain.shape, store(plain.tobytes())
    if isinstance(told, np.generic):
        return told.item()
    if isinstance(told, str):
        return str.__str__(told)
    if isinstance(told, Picture):
        return None
    if isinstance(told, Mapping):
        return dict(told)
    # What msgspec asks of a hook that is given a type it does not know: nothing is written otherwise than it is.
    raise NotImplementedError(type(told).__name__)


def _pack(told: Any) -> Any:
    return _encode_as(told, lambda content: zlib.compress(content, 1))


def _leave(told: Any) -> Any:
    return _encode_as(told, lambda content: content)


def _decode(content: bytes, kind: type[_T]) -> _T:
    return msgspec.msgpack.decode(content, type=kind, dec_hook=_decode_as)


def _decode_as(kind: Any, told: Any) -> Any:
    if (get_origin(kind) or kind) is np.ndarray:
        name, shape, content = told
        dtype = np.dtype(name)
        size = prod(int(side) for side in shape) * dtype.itemsize
        if not 0 <= size <= _LARGEST or dtype.hasobject:
            raise ValueError(f"an array of {size} bytes")
        plain = content if len(content) == size else zlib.decompressobj().decompress(content, size)
        return np.frombuffer(plain, dtype).reshape([int(side) for side in shape])
    if kind is Picture:
        return _NO_PICTURE
    raise NotImplementedError(kind)
