"""7z and RAR archives as a stream of tar: libarchive reads them, in a process of its own that may do nothing else.

`python -m workers.batch.foreign_archives PARENT PATH read|list` writes the tar to stdout, with empty files for
`list`, and tells by its exit code what became of it. A stranger's archive is parsed by native code nowhere else.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from pathlib import Path
from typing import Any

from extractor.scan.packed import RAR4, RAR5, SEVEN_Z
from workers.batch.rar_blocks import CutOffError, check_end
from workers.reading.apart import end_apart, start_apart

ENDINGS = (".7z", ".rar")
#: Exit codes: libarchive is not there; the archive is damaged, encrypted or of a kind it does not know; it ends
#: early.
_NO_LIBRARY, _UNREADABLE, _CUT_OFF = 3, 4, 5
#: What each kind begins with, and libarchive's name for it; others it knows are not for strangers' files.
_KINDS = {SEVEN_Z: "7zip", RAR4: "rar", RAR5: "rar5"}
#: Bytes the process may write to in memory: dictionaries of 7z and RAR reach 1 GB, others are not made for documents.
_MEMORY = 2 << 30
_BLOCK = 1 << 16
#: Seconds that a process may take to end once its output has.
_ENDING = 5.0


class ForeignError(Exception):
    """Why there is no (whole) stream.

    is_missing: libarchive is not on this machine; is_cut_off: the archive ends early; otherwise what libarchive says.
    """

    def __init__(self, message: str, *, is_missing: bool = False, is_cut_off: bool = False) -> None:
        super().__init__(message)
        self.is_missing, self.is_cut_off = is_missing, is_cut_off


def has_library() -> bool:
    """Whether libarchive is on this machine."""
    return bool(os.environ.get("LIBARCHIVE") or find_library("archive"))


@contextmanager
def open_as_tar(path: Path, *, is_listing: bool = False) -> Iterator[io.RawIOBase]:
    """The archive as a tar, read from front to back.

    is_listing: files come without their content.

    Its last read raises ForeignError where it is not whole.
    """
    mode = "list" if is_listing else "read"
    process = start_apart(
        __name__, str(path.absolute()), mode, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    try:
        yield _Checked(process)
    finally:
        end_apart(process)


class _Checked(io.RawIOBase):
    """The output of a process; its end is an error unless the process ended well."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes; none at the end.

        Raises:
            ForeignError: the process did not end well.
        """
        assert self._process.stdout is not None and self._process.stderr is not None
        chunk = self._process.stdout.read(size)
        if chunk or size == 0:
            return chunk
        code = self._process.wait(_ENDING)
        if code == _NO_LIBRARY:
            raise ForeignError("libarchive", is_missing=True)
        if code == _CUT_OFF:
            raise ForeignError("cut off", is_cut_off=True)
        if code:
            told = self._process.stderr.read(_BLOCK).decode("utf-8", "replace").strip()
            raise ForeignError(told.rpartition("\n")[2] or f"exit code {code}")
        return chunk


def _convert(path: Path, *, is_listing: bool) -> None:
    import tarfile

    import libarchive

    kind = _kind_of(path)
    with (
        tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT) as output,
        libarchive.file_reader(str(path), format_name=kind, filter_name="none") as archive,
    ):
        for entry in archive:
            told = tarfile.TarInfo(entry.pathname or "")
            if entry.issym or entry.islnk:
                told.type, told.linkname = tarfile.SYMTYPE, "elsewhere"
                output.addfile(told)
            elif not (entry.isdir or entry.isblk or entry.ischr or entry.isfifo or entry.issock):
                # Some writers leave it open of what kind a file is.
                told.size = 0 if is_listing else entry.size or 0
                output.addfile(told, None if is_listing else _Blocks(entry))
    check_end(path)


class _Blocks(io.RawIOBase):
    """The content of an entry as a file."""

    def __init__(self, entry: Any) -> None:
        self._blocks: Iterator[bytes] = entry.get_blocks(_BLOCK)
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        while len(self._left) < size and (block := next(self._blocks, b"")):
            self._left += block
        taken, self._left = self._left[:size], self._left[size:]
        return taken


def _kind_of(path: Path) -> str:
    with path.open("rb") as stream:
        beginning = stream.read(8)
    for mark, kind in _KINDS.items():
        if beginning.startswith(mark):
            return kind
    raise ValueError("it begins as neither 7z nor RAR does")


def _serve(parent: int, path: Path, *, is_listing: bool) -> int:
    import resource

    from workers.reading import sandbox
    from workers.reading.lifeline import die_with_parent

    try:
        import libarchive  # it looks for the library when it is imported, by other programs
    except Exception:  # noqa: BLE001 - whatever it raises where there is none
        return _NO_LIBRARY
    sandbox.enter()
    die_with_parent(parent)
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    sandbox.lock(0)
    try:
        _convert(path, is_listing=is_listing)
    except BrokenPipeError:
        return 0
    except CutOffError:
        return _CUT_OFF
    except Exception as error:  # noqa: BLE001 - it is the archive's own matter, and told by whoever reads it
        # Of some damage libarchive says nothing.
        told = error.msg if isinstance(error, libarchive.ArchiveError) else str(error)
        sys.stderr.write(f"{told or 'libarchive says nothing of it'}\n")
        return _UNREADABLE
    return 0


if __name__ == "__main__":
    sys.exit(_serve(int(sys.argv[1]), Path(sys.argv[2]), is_listing=sys.argv[3] == "list"))
