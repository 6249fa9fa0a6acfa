"""Archives (zip, tar, 7z, rar) read through: documents one by one, each copied out when it is its turn.

What an archive says of itself is not believed: bytes are counted as they come, and a limit ends the reading.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from extractor.seams.errors import EncryptedError
from extractor.wording.said import Said, say, tell_os_error
from workers.batch.archive_entries import ArchiveError, Entry, Limits, Meter, tar_entries, zip_entries
from workers.batch.foreign_archives import ENDINGS, ForeignError
from workers.batch.inputs import Member, Opener, is_document_name, shorten
from workers.files.room import Room
from workers.files.scratch import scratch_folder
from workers.files.storage import OutputError

_TARS = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst")
_ARCHIVES = (".zip", *_TARS, *ENDINGS)
#: Archives that are not opened, neither here nor within others; told where they lie within another.
_OTHERS = (".gz", ".bz2", ".xz", ".zst")
_CHUNK = 1 << 20
#: What the readers of archives raise over damage, besides errors of reading the file itself.
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    # A method of compression or encryption they do not know; NotImplementedError is one too.
    RuntimeError,
)


@dataclass(slots=True)
class Copies:
    """Where members are copied to, in a folder made when the first is; gone when this is closed."""

    parent: Path
    #: By SHA-256: where copies lie that are still needed.
    _known: dict[str, Path] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)
    _folder: Path | None = None

    def place(self, name: str) -> Path:
        """A path of its own for a file of that name.

        Raises:
            OutputError: there can be none.
        """
        if self._folder is None:
            self._folder = self._open.enter_context(scratch_folder(self.parent, "members"))
        try:
            return Path(tempfile.mkdtemp(dir=self._folder)) / shorten(name)
        except OSError as error:
            raise _unwritten(self._folder, error) from error

    def share(self, path: Path, digest: str) -> None:
        """Lets a copy take no room of its own where another of the same bytes is still there."""
        other = self._known.setdefault(digest, path)
        if other == path:
            return
        spare = path.with_name(f"{path.name}.link")
        try:
            os.link(other, spare)
            spare.replace(path)
        except OSError:
            # It is gone by now, or the file system has no links.
            self._known[digest] = path

    def release(self, path: Path) -> None:
        """Removes a copy; any other path is left alone."""
        if self._folder is not None and self._folder in path.parents:
            shutil.rmtree(path.parent, ignore_errors=True)
            for digest in [known for known, place in self._known.items() if place == path]:
                del self._known[digest]

    def close(self) -> None:
        """Removes all copies."""
        self._open.close()


def is_archive(name: str) -> bool:
    """Whether a file of that name is taken for an archive to be read through."""
    return bool(archive_ending(name))


def archive_ending(name: str) -> str:
    """What the name of an archive ends with, as it is written there (`.tar.gz`); empty for another file."""
    length = next((len(ending) for ending in _ARCHIVES if name.lower().endswith(ending)), 0)
    return name[len(name) - length :]


def archive_opener(
    copies: Copies | None,
    tell_whole: Callable[[str], None] = lambda output: None,
    leave_out: Callable[[str], None] = lambda name: None,
    is_document: Callable[[str], bool] = is_document_name,
) -> Opener:
    """Reads archives through; without `copies` their members are only listed."""

    def read(path: Path) -> Iterator[Member]:
        return read_members(path, copies, leave_out=leave_out, is_document=is_document)

    return Opener(is_archive, read, tell_whole, leave_out, is_document)


def read_members(
    path: Path,
    copies: Copies | None,
    limits: Limits | None = None,
    leave_out: Callable[[str], None] = lambda name: None,
    is_document: Callable[[str], bool] = is_document_name,
) -> Iterator[Member]:
    """The documents in an archive, in its order; those that are hidden are left out, as they are in folders.

    A copy is made when the iterator comes to its member; without `copies` members are only listed. What cannot be
    read is a member with a problem, and if the archive goes wrong the last one is the archive itself.

    Raises:
        OutputError: a copy cannot be written.
    """
    try:
        meter = Meter(path.stat().st_size, limits or Limits())
        yield from _Reading(path, copies, meter, leave_out, is_document).members()
    except ForeignError as error:
        yield Member("", problem=_tell_foreign_error(path.name, error), code=ArchiveError.code)
    except ArchiveError as error:
        yield Member("", problem=say("messages.archives.of", name=path.name, why=error), code=error.code)
    except OutputError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever an archive brings about is its own matter
        problem = say("messages.archives.no_archive", name=path.name, why=error)
        yield Member("", problem=problem, code=ArchiveError.code)


def _tell_foreign_error(name: str, error: ForeignError) -> Said:
    if error.is_cut_off:
        return say("messages.archives.of", name=name, why=say("messages.archives.cut_off"))
    return say(
        f"messages.archives.{'no_library' if error.is_missing else 'unreadable'}", name=name, why=error
    )


@dataclass(slots=True)
class _Reading:
    """One archive being read; entries counts all it holds, locked documents that need a password."""

    path: Path
    copies: Copies | None
    meter: Meter
    leave_out: Callable[[str], None] = lambda name: None
    is_document: Callable[[str], bool] = is_document_name
    entries: int = 0
    documents: int = 0
    locked: int = 0

    @property
    def _is_zip(self) -> bool:
        return self.path.name.lower().endswith(".zip")

    def members(self) -> Iterator[Member]:
        entries = (
            zip_entries(self.path, self.meter)
            if self._is_zip
            else tar_entries(self.path, self.meter, is_listing=self.copies is None)
        )
        for entry in entries:
            self.entries += 1
            name = _clean(entry.name)
            if not name or any(part.startswith(".") for part in name.split("/")):
                continue
            if name.lower().endswith((*_ARCHIVES, *_OTHERS)):
                problem = say("messages.archives.within", name=name, archive=self.path.name)
                yield Member(name, problem=problem, code="nested_archive")
            elif self.is_document(name):
                self.documents += 1
                if entry.is_locked:
                    self.locked += 1
                else:
                    yield self._member(name, entry)
            else:
                self.leave_out(name)
        if not self.entries:
            told = say("messages.archives.empty", name=self.path.name)
            yield Member("", problem=told, code=ArchiveError.code)
        if self.locked:
            told = say(
                "messages.archives.encrypted",
                archive=self.path.name,
                locked=self.locked,
                count=self.documents,
            )
            yield Member("", problem=told, code=EncryptedError.code)

    def _member(self, name: str, entry: Entry) -> Member:
        if entry.problem or self.copies is None:
            return Member(name, problem=entry.problem, code=ArchiveError.code if entry.problem else "")
        target = self.copies.place(PurePosixPath(name).name)
        try:
            with entry.open() as source:
                digest = self._copy(source, target)
            self.copies.share(target, digest)
        except (ArchiveError, *_DAMAGE) as error:
            self.copies.release(target)
            # A stream that went wrong within a member has no way to the next one; a zip has its directory.
            is_final = error.is_final if isinstance(error, ArchiveError) else not self._is_zip
            if is_final:
                raise
            return Member(
                name,
                problem=say("messages.archives.in", name=name, archive=self.path.name, why=error),
                code=ArchiveError.code,
            )
        except (OSError, OutputError):
            self.copies.release(target)
            raise
        return Member(name, target, digest)

    def _copy(self, source: IO[bytes], target: Path) -> str:
        """Copies a member and gives its SHA-256."""
        digest, size, room = hashlib.sha256(), 0, Room(target.parent)
        with _writing(target) as stream:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                self.meter.check_member(size)
                digest.update(chunk)
                _take(room, len(chunk))
                _write(stream, chunk, target)
        return digest.hexdigest()


def _writing(target: Path) -> IO[bytes]:
    try:
        return target.open("wb")
    except OSError as error:
        raise _unwritten(target, error) from error


def _take(room: Room, size: int) -> None:
    try:
        room.take(size)
    except OSError as error:
        # The archive's failure, not the run's: what it did not fill is left for the others.
        raise ArchiveError(
            say("messages.archives.no_room", why=tell_os_error(error)), code="no_room"
        ) from error


def _write(stream: IO[bytes], chunk: bytes, target: Path) -> None:
    try:
        stream.write(chunk)
    except OSError as error:
        raise _unwritten(target, error) from error


def _unwritten(target: Path, error: OSError) -> OutputError:
    return OutputError(
        say("system.cannot_write", path=say("messages.archives.copy", path=target), why=tell_os_error(error))
    )


def _clean(name: str) -> str:
    """A member's name as a path below its archive: one separator, and nothing that leads out of it."""
    parts = name.replace("\\", "/").replace("\0", "").split("/")
    return "/".join(part for part in parts if part.strip() not in {"", ".", ".."})
