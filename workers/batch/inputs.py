"""From paths to documents: files as given, folders recursively, never the same output name twice."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from extractor.scan.office import OFFICE_ENDINGS
from extractor.scan.pictures import PICTURE_ENDINGS
from extractor.seams.errors import NoInputError, StorageError
from extractor.wording.said import say, tell_os_error
from workers.batch.grouping import GroupBy, group_files
from workers.reading.office import find_program
from workers.shown.speech import tell
from workers.shown.terminal import printable

_LOG = logging.getLogger(__name__)
#: Bytes of a result's name without its extension: file systems allow 255 for the whole.
_STEM_BYTES, _FOLDER_BYTES = 200, 255
#: Bytes of a result's whole name below the output folder. Systems take paths of 4,096 bytes; this leaves three
#: quarters to the folder. Only archives hold longer ones.
_PATH_BYTES = 1024


_REPLACED = "\ufffd"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Member:
    """A document within an archive, or what is wrong with one.

    name: within the archive, "" for the archive itself. path: of its copy, None when it was only listed or has a
    problem. sha256: of the copy, "" without one. problem, code: why it cannot be read; empty when it can.
    """

    name: str
    path: Path | None = None
    sha256: str = ""
    problem: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """One document to read.

    name: relative to the folder it was found in, with its extension. output: path of its result JSON,
    relative to the output folder. problem: why it cannot even be opened; empty when nothing is known.
    problem_code: stable name of the kind of problem. sha256: of its bytes, empty when they were not looked at.
    archive: name of the result that its archive has where that cannot be read, empty outside of archives; `path` is
    then a copy, or with a problem the archive.
    original: name of the result whose reading it takes over, as its bytes are the same; empty to read it.
    """

    path: Path
    name: str
    output: str
    problem: str = ""
    problem_code: str = NoInputError.code
    sha256: str = ""
    archive: str = ""
    original: str = ""
    #: Pictures that are this document together, in their order, none where it is a file; `path` is then the first.
    parts: tuple[Path, ...] = ()


def may_be_document(name: str) -> bool:
    """Whether a file of that name is taken for a document where LibreOffice is."""
    return name.lower().endswith((".pdf", *PICTURE_ENDINGS, *OFFICE_ENDINGS))


def is_document_name(name: str) -> bool:
    """Whether a file of that name is taken for a document on this machine."""
    is_drawn = name.lower().endswith(OFFICE_ENDINGS)
    return may_be_document(name) and not (is_drawn and find_program() is None)


@dataclass(frozen=True, slots=True)
class Opener:
    """How archives are read through: which names are archives, and what is in one.

    tell_whole: is told the name of the result that an archive would have, had it not been read to its end.
    leave_out: is told the name of every file found that is neither a document nor an archive.
    is_document: which names are documents, in folders and in archives.
    """

    is_archive: Callable[[str], bool]
    read_members: Callable[[Path], Iterator[Member]]
    tell_whole: Callable[[str], None] = lambda output: None
    leave_out: Callable[[str], None] = lambda name: None
    is_document: Callable[[str], bool] = is_document_name


class LeftOut:
    """Counts of files that were found and are no documents, by the ending of their names in lower case."""

    def __init__(self) -> None:
        self._found = Counter[str]()

    def add(self, name: str) -> None:
        """Takes note of one."""
        self._found[PurePosixPath(name).suffix.lower()] += 1

    @property
    def counts(self) -> dict[str, int]:
        """So far."""
        return dict(self._found)


#: No file is an archive.
_NO_ARCHIVES = Opener(lambda name: False, lambda path: iter(()))


def find_inputs(
    paths: Iterable[Path],
    repeated: Callable[[Path, int], None] = lambda path, count: None,
    archives: Opener = _NO_ARCHIVES,
    *,
    follow_links: bool = False,
    owner_of: Callable[[str], str] = lambda output: "",
    group_by: GroupBy = GroupBy.FILE,
) -> Iterator[Input]:
    """Every document under `paths`, found while it is asked for.

    A folder is searched for documents by their endings in any case, sub-folders kept in the name, in sorted
    order; a file is taken whatever it is called. A path that does not exist is an input with a problem. A file that
    was found before under the same path is left out; `repeated` is told, for each of `paths`, how many such it held.
    Links in a folder are inputs with a problem unless they are to be followed; one that is given is followed.
    What is an archive by `archives` is taken for a folder of that name, here and within folders.
    owner_of: name of the document whose result has a name already, "" for nobody; another document does not get it.
    group_by: which pictures of a folder are one document together; one of several is called as the folder is, or as
    they all are before their numbers.
    """
    names = _Names(owner_of)
    seen: set[bytes] = set()
    for path in paths:
        unreadable: list[OSError] = []
        again = 0
        for found, raw, parts in _find(path, unreadable, archives, group_by):
            # A link is a document of its own, so nothing is resolved.
            place = _mark(os.path.abspath(found))  # noqa: PTH100
            if place in seen:
                again += 1
                continue
            seen.add(place)
            name = _text(raw)
            problem, code = _first_problem(parts or (found,), name, path, follow_links=follow_links)
            if not problem and archives.is_archive(name):
                yield from _archived(found, name, archives, names)
            else:
                yield Input(found, name, names.free(name), problem, code, parts=parts)
        if again:
            repeated(path, again)
        for error in unreadable:
            name = _text(str(error.filename))
            problem = say("messages.inputs.unreadable", path=name, why=tell_os_error(error))
            yield Input(Path(error.filename), name, names.free(name), problem, StorageError.code)


def _archived(path: Path, name: str, archives: Opener, names: _Names) -> Iterator[Input]:
    """What is in an archive of that name; last the archive itself if something is wrong with it."""
    own = names.free(name)
    is_whole = True
    for member in archives.read_members(path):
        is_whole = is_whole and bool(member.name)
        inside = f"{name}/{_CONTROL.sub(_REPLACED, member.name)}" if member.name else name
        yield Input(
            member.path or path,
            inside,
            names.free(inside) if member.name else own,
            member.problem,
            member.code,
            member.sha256,
            archive=own,
        )
    if is_whole:
        archives.tell_whole(own)


def tell_repeated(path: Path, count: int) -> None:
    """Logs that files under a path were given more than once."""
    name = printable(_text(str(path)))
    if path.is_file():
        _LOG.warning("%s", tell("messages.inputs.given_before", path=name))
    else:
        _LOG.warning("%s", tell("messages.inputs.many_given_before", path=name, count=count))


def _mark(text: str) -> bytes:
    """Stands for a text in a set of hundreds of thousands, where the texts would take the memory."""
    return hashlib.blake2b(os.fsencode(text), digest_size=16).digest()


def _text(name: str) -> str:
    """The name as text: bytes that are no UTF-8, which results could not hold, become replacement characters.

    So do line breaks and their kin, for results are told a line each.
    """
    return _CONTROL.sub(_REPLACED, os.fsencode(name).decode("utf-8", "replace"))


def _first_problem(files: Sequence[Path], name: str, given: Path, *, follow_links: bool) -> tuple[str, str]:
    """What is wrong with the files of a document, as `_problem` tells it."""
    for file in files:
        if not follow_links and file != given and file.is_symlink():
            return say("messages.inputs.link", name=name), "link"
        problem, code = _problem(file)
        if problem:
            return problem, code
    return "", NoInputError.code


def _find(
    path: Path, unreadable: list[OSError], archives: Opener, group_by: GroupBy
) -> Iterator[tuple[Path, str, tuple[Path, ...]]]:
    """Files, each with its name below `path`, or pictures that are one document together with theirs."""
    if not _is_folder(path):
        yield path, path.name, ()
        return
    for folder, subfolders, files in os.walk(path, onerror=unreadable.append):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        shown = [name for name in sorted(files) if not name.startswith(".")]
        read = [name for name in shown if archives.is_document(name) or archives.is_archive(name)]
        for name in sorted({*shown} - {*read}):
            archives.leave_out(name)
        own = Path(folder)
        if group_by is GroupBy.FILE:
            yield from ((own / name, (own / name).relative_to(path).as_posix(), ()) for name in read)
            continue
        for name, files_of in group_files(read, group_by):
            parts = tuple(own / file for file in files_of)
            if (name,) == files_of:
                yield parts[0], parts[0].relative_to(path).as_posix(), ()
            else:
                place = (own / name if name else own).relative_to(path).as_posix()
                # Pictures of the very folder that was given are called as it is.
                yield parts[0], path.resolve().name if place == "." else place, parts


def _is_folder(path: Path) -> bool:
    """Whether it is a folder; what cannot even be asked about is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _problem(path: Path) -> tuple[str, str]:
    """Why the path cannot be opened, empty when it can, and the stable name of that."""
    name = _text(str(path))
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return say("messages.inputs.missing", path=name), NoInputError.code
    except OSError as error:
        return say("messages.inputs.unreadable", path=name, why=tell_os_error(error)), StorageError.code
    if not stat.S_ISREG(mode):
        return say("messages.inputs.neither", path=name), NoInputError.code
    if not os.access(path, os.R_OK):
        why = say("messages.inputs.no_permission")
        return say("messages.inputs.unreadable", path=name, why=why), StorageError.code
    return "", NoInputError.code


def shorten(stem: str) -> str:
    """A stem that leaves room for an extension in a file name; a long one keeps its beginning and gets a hash."""
    content = stem.encode()
    if len(content) <= _STEM_BYTES:
        return stem
    digest = hashlib.sha256(content).hexdigest()[:8]
    return f"{content[: _STEM_BYTES - 9].decode(errors='ignore')}-{digest}"


def _shorten_folder(name: str) -> str:
    """A folder's name as file systems bear it; only one from an archive can be too long."""
    return name if len(name.encode()) <= _FOLDER_BYTES else shorten(name)


def _shorten_path(stem: PurePosixPath) -> PurePosixPath:
    """A path as file systems bear it: of one too long the folders in the middle become one, called by their hash."""
    if len(str(stem).encode()) <= _PATH_BYTES:
        return stem
    digest = hashlib.sha256(str(stem).encode()).hexdigest()[:16]
    return PurePosixPath(stem.parts[0], f"deep-{digest}", stem.name)


class _Names:
    """Names of results, each given once. owner_of: as for `find_inputs`."""

    def __init__(self, owner_of: Callable[[str], str]) -> None:
        self._owner_of = owner_of
        self._taken: set[bytes] = set()

    def free(self, name: str) -> str:
        """The JSON's name for a document; `x.pdf` beside `x.PDF` becomes `x-2.json`, on every file system.

        A name does not change hands: what was the result of `x.png` stays that when `x.jpg` joins it.
        """
        pure = PurePosixPath(name)
        stem = pure.with_suffix("") if may_be_document(pure.name) else pure
        stem = _shorten_path(PurePosixPath(*map(_shorten_folder, stem.parts[:-1]), shorten(stem.name)))
        candidate, number = f"{stem}.json", 1
        while (mark := _mark(candidate.casefold())) in self._taken or not self._is_free(candidate, name):
            number += 1
            candidate = f"{stem}-{number}.json"
        self._taken.add(mark)
        return candidate

    def _is_free(self, candidate: str, name: str) -> bool:
        return self._owner_of(candidate) in {"", name}
