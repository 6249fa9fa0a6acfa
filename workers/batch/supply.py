"""What a run reads next: inputs as they are found, those of the same bytes held back until one of them is read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from extractor.values.result import ResultStatus
from workers.batch.inputs import Input
from workers.files.digests import file_digest
from workers.files.storage import read_result

#: Documents held back before no further ones are looked for: each may be a copy on disk.
_HELD_BACK = 100
#: The result of a failure is one issue; one that is longer need not be opened to know that it is none.
_FAILURE_BYTES = 65_536


@dataclass(slots=True)
class Contents:
    """Which document was the first of its bytes. Only what has the same size as another is ever hashed.

    by_size: a lone document as its path and the name of its result; several as those names by digest.
    """

    by_size: dict[int, tuple[str, str] | dict[str, str]] = field(default_factory=dict)

    def find_first(self, item: Input) -> str:
        """Name of the result of the first document with these bytes; empty when it is this one."""
        try:
            size = item.path.stat().st_size
            known = self.by_size.get(size)
            if known is None:
                # The copy of an archive's member is gone by the time another of its size comes.
                lone = (str(item.path), item.output)
                self.by_size[size] = {item.sha256: item.output} if item.sha256 else lone
                return ""
            if isinstance(known, tuple):
                path, output = known
                known = {file_digest(Path(path)): output}
                self.by_size[size] = known
            first = known.setdefault(item.sha256 or file_digest(item.path), item.output)
        except OSError:
            # Whoever reads it tells what is wrong with it.
            return ""
        return "" if first == item.output else first


@dataclass(slots=True)
class Supply:
    """Inputs one by one. Every one taken is to be finished.

    release: is told of each that is done with. is_distinguishing: whether the same bytes are to be read once.
    """

    stream: Iterator[Input]
    release: Callable[[Input], None] = lambda item: None
    is_distinguishing: bool = True
    contents: Contents = field(default_factory=Contents)
    _ready: deque[Input] = field(default_factory=deque)
    _unfinished: set[str] = field(default_factory=set)
    _waiting: dict[str, list[Input]] = field(default_factory=dict)
    _held_back: int = 0
    _is_exhausted: bool = False

    @property
    def is_done(self) -> bool:
        """Whether nothing is to come, whatever is finished."""
        return self._is_exhausted and not self._ready and not self._waiting

    def take(self) -> Input | None:
        """The next input; None when there is none now."""
        while not self._ready and not self._is_exhausted and self._held_back < _HELD_BACK:
            item = next(self.stream, None)
            if item is None:
                self._is_exhausted = True
            else:
                self._sort_in(item)
        return self._ready.popleft() if self._ready else None

    def finish(self, item: Input) -> None:
        """Says that an input has its result, so that those of the same bytes can have it too."""
        self._unfinished.discard(item.output)
        self.release(item)
        waiting = self._waiting.pop(item.output, [])
        self._held_back -= len(waiting)
        self._ready.extend(waiting)

    def _sort_in(self, item: Input) -> None:
        first = "" if item.problem or not self.is_distinguishing else self.contents.find_first(item)
        if not first:
            self._unfinished.add(item.output)
            self._ready.append(item)
            return
        item = replace(item, original=first)
        if first in self._unfinished:
            self._waiting.setdefault(first, []).append(item)
            self._held_back += 1
        else:
            self._ready.append(item)


def keep_failed(
    stream: Iterator[Input], output: Path, release: Callable[[Input], None] = lambda item: None
) -> Iterator[Input]:
    """Those whose earlier result is a failure, and what cannot even be opened.

    Of an archive that failed as a whole it is all that has no result.
    """
    for item in stream:
        target = output / item.output
        is_lost = bool(item.archive) and not target.exists() and has_failed(output / item.archive)
        if is_lost or (item.problem and not item.archive) or has_failed(target):
            yield item
        else:
            release(item)


def has_failed(path: Path) -> bool:
    """Whether there is a result at `path` and it is a failure."""
    try:
        if path.stat().st_size > _FAILURE_BYTES:
            return False
    except OSError:
        return False
    result = read_result(path)
    return result is not None and result.status is ResultStatus.FAILED
