"""The values between the stages of one document, kept, so that a turned number costs only what depends on it.

A seam is a function of the package whose values are kept by what it was given, together with the numbers that were
read while it ran (found by tracing its lines). With a number turned it runs again only when that number is among
them or it is given something else; a value that comes out as before is the very object from before.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum
from functools import reduce, wraps
from itertools import count
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, TypeAlias, cast

import numpy as np
from named_numbers import PACKAGE, Named, Numbers, list_caches

from extractor.seams.engine import Gray, OcrEngine, Reading, crop_key
from extractor.values.page import Page

#: Types of which a document has but one, whatever is turned.
_ONE_OF_ITS_KIND = frozenset({"Document", "TextLayer"})


class Reached(Exception):  # noqa: N818 - it is no error
    """A page came out differently, and nothing beyond was asked for."""


class KeptEngine:
    """A recogniser that reads a crop once."""

    def __init__(self, engine: OcrEngine) -> None:
        self._engine = engine
        self.name, self.fingerprint, self.lineage = engine.name, engine.fingerprint, engine.lineage
        self._kept: dict[str, Reading] = {}

    def forget(self) -> None:
        self._kept.clear()

    def read(self, crops: Sequence[Gray], *, width_scale: float = 1.0) -> list[Reading]:
        """One reading per crop, in order; only crops never seen at this scale are read."""
        keys = [crop_key(crop, width_scale) for crop in crops]
        new = {key: crop for key, crop in zip(keys, crops, strict=True) if key not in self._kept}
        if new:
            readings = self._engine.read(list(new.values()), width_scale=width_scale)
            self._kept |= dict(zip(new, readings, strict=True))
        return [self._kept[key] for key in keys]


class Digests:
    """Digests of values by what they hold; those of frozen values that are kept are remembered."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, bytes]] = {}
        self._strangers = count()

    def __len__(self) -> int:
        return len(self._known)

    def forget_from(self, size: int) -> None:
        """Forget all but the first so many."""
        for key in list(self._known)[size:]:
            del self._known[key]

    def of(self, value: object) -> bytes:
        """The digest of a value; one of no known type is equal to nothing, itself included."""
        if value is None or isinstance(value, bool | int | float | str | bytes | Enum | Path | type):
            return f"{type(value).__name__} {value!r}".encode()
        known = self._known.get(id(value))
        if known is not None and known[0] is value:
            return known[1]
        if isinstance(value, np.generic):
            return f"{value.dtype} {value!r}".encode()
        hashed = hashlib.sha256(type(value).__name__.encode())
        if isinstance(value, np.ndarray):
            hashed.update(f"{value.dtype}{value.shape}".encode())
            hashed.update(np.ascontiguousarray(value).tobytes())
            return hashed.digest()
        for part in self._parts(value):
            hashed.update(self.of(part))
            hashed.update(b"\0")
        if is_dataclass(value) and getattr(type(value), "__dataclass_params__").frozen:  # noqa: B009
            self._known[id(value)] = (value, hashed.digest())
        return hashed.digest()

    def _parts(self, value: object) -> Iterator[object]:
        match value:
            case KeptEngine():
                yield value.fingerprint
            case list() | tuple():
                yield from value
            case set() | frozenset():
                yield from sorted(map(self.of, value))
            case Mapping():
                for key, item in value.items():
                    yield key
                    yield item
            case _ if is_dataclass(value):
                yield from (getattr(value, item.name) for item in fields(value))
            case _ if type(value).__name__ in _ONE_OF_ITS_KIND or hasattr(value, "fingerprint"):
                yield type(value).__name__
            case FunctionType() if value.__closure__ is None:
                yield value.__qualname__
            case _:
                yield next(self._strangers)


class _Tracer:
    """Which numbers are read, by the lines that run; noted in `read`."""

    def __init__(self, numbers: Numbers) -> None:
        self._lines = numbers.lines
        self._codes: dict[CodeType, dict[int, set[Named]]] = {}
        self.read: set[Named] = set()

    def watch_call(self, frame: FrameType, event: str, argument: object) -> Any:
        code = frame.f_code
        found = self._codes.get(code)
        if found is None:
            file = self._lines.get(code.co_filename, {})
            found = {line: file[line] for _, _, line in code.co_lines() if line is not None and line in file}
            self._codes[code] = found
        return self._watch_line if found else None

    def _watch_line(self, frame: FrameType, event: str, argument: object) -> Any:
        names = self._codes[frame.f_code].get(frame.f_lineno) if event == "line" else None
        if names:
            self.read |= names
        return self._watch_line


_Key: TypeAlias = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A call of a seam."""

    seam: Callable[..., Any]
    key: _Key
    arguments: tuple[Any, ...]
    named: Mapping[str, Any]


@dataclass(slots=True)
class _Kept:
    """What a seam gave. uses: all numbers read meanwhile; own: those of them outside the seams it asked in turn."""

    asked: _Asked
    value: Any = None
    digest: bytes = b""
    uses: set[Named] = field(default_factory=set)
    own: set[Named] = field(default_factory=set)
    asks: list[_Asked] = field(default_factory=list)


class Keeper:
    """Keeps the values of the seams for one document at a time.

    Raises:
        LookupError: a seam is not the name of one function of the package, or of a method with its class.
    """

    def __init__(self, numbers: Numbers, seams: Iterable[str]) -> None:
        self._tracer = _Tracer(numbers)
        self._digests = Digests()
        self._kept: dict[_Key, _Kept] = {}
        self._turned: dict[_Key, Any] = {}
        self._unasked: set[_Key] = set()
        self._open: list[_Kept] = []
        self._pages: set[bytes] = set()
        self._number: Named | None = None
        self._is_base = self._stops_at_pages = False
        #: Seams whose values came out differently from the same input while the last number was turned.
        self.differing: set[str] = set()
        self._modules = [m for name, m in sys.modules.items() if name.split(".")[0] in (PACKAGE, "models")]
        self._caches = list_caches(self._modules)
        for seam in seams:
            self._wrap(self._find(seam))

    def _find(self, seam: str) -> Callable[..., Any]:
        found = []
        for module in self._modules:
            value = reduce(lambda owner, name: getattr(owner, name, None), seam.split("."), cast(Any, module))
            if value is not None and value.__module__ == module.__name__:
                found.append(value)
        if len(found) != 1:
            raise LookupError(f"{len(found)} functions of the package are called {seam}")
        return cast(Callable[..., Any], found[0])

    def _wrap(self, seam: Callable[..., Any]) -> None:
        @wraps(seam)
        def kept(*arguments: Any, **named: Any) -> Any:
            key = seam.__qualname__, self._digests.of((arguments, named))
            copies = tuple(map(_copy, arguments)) if self._is_base else arguments
            return self._call(_Asked(seam, key, copies, named))

        owner, _, name = seam.__qualname__.rpartition(".")
        for module in self._modules:
            if owner and module.__name__ == seam.__module__:
                setattr(vars(module)[owner], name, kept)
            for alias, value in list(vars(module).items()):
                if value is seam:
                    setattr(module, alias, kept)

    def _clear_caches(self) -> None:
        for clear in self._caches:
            clear()

    @contextmanager
    def first_time(self) -> Iterator[set[Named]]:
        """Within the block everything is kept; the numbers that were read are in the set afterwards."""
        self._kept.clear()
        self._pages.clear()
        self._digests.forget_from(0)
        self._is_base = True
        everything = _Kept(_Asked(self.first_time, ("", b""), (), {}))
        self._open = [everything]
        self._tracer.read = everything.own
        before = sys.gettrace()
        self._clear_caches()
        sys.settrace(self._tracer.watch_call)
        try:
            yield everything.uses
        finally:
            sys.settrace(before)
            everything.uses |= everything.own
            self._unasked = self._list_unasked()
            self._is_base = False

    @contextmanager
    def turned(self, number: Named, *, stops_at_pages: bool) -> Iterator[None]:
        """Within the block that number is another one.

        `stops_at_pages`: `Reached` is raised at the first page that is none of those before.
        """
        self._number, self._stops_at_pages = number, stops_at_pages
        self.differing = set()
        size = len(self._digests)
        try:
            yield
        finally:
            self._number, self._stops_at_pages = None, False
            self._turned.clear()
            self._digests.forget_from(size)

    def find_spoiled(self) -> list[str]:
        """Seams whose kept values were changed by those who were given them; there should be none."""
        fresh = Digests()
        return sorted({key[0] for key, kept in self._kept.items() if fresh.of(kept.value) != kept.digest})

    def _list_unasked(self) -> set[_Key]:
        """Calls that cannot be made again: what they were given was changed since, or is closed."""
        fresh = Digests()
        return {
            key
            for key, kept in self._kept.items()
            if any(type(argument).__name__ in _ONE_OF_ITS_KIND for argument in kept.asked.arguments)
            or key[1] != fresh.of((kept.asked.arguments, dict(kept.asked.named)))
        }

    def _call(self, asked: _Asked) -> Any:
        kept = self._kept.get(asked.key)
        if self._is_base:
            kept = kept or self._call_first(asked)
            self._open[-1].uses |= kept.uses
            self._open[-1].asks.append(asked)
            value = _copy(kept.value)
        elif kept is not None and (self._number not in kept.uses or self._stays(kept)):
            value = _copy(kept.value)
        elif asked.key in self._turned:
            value = _copy(self._turned[asked.key])
        else:
            value = asked.seam(*asked.arguments, **asked.named)
            if kept is not None and self._digests.of(value) == kept.digest:
                value = _copy(kept.value)
            elif kept is not None:
                self.differing.add(asked.key[0])
                self._turned[asked.key] = _copy(value)
        if isinstance(value, Page):
            self._look_at(value)
        return value

    def _stays(self, kept: _Kept) -> bool:
        """Whether all it asked gives the same as before, where only those read the number; asked to find out."""
        if self._number in kept.own or any(asked.key in self._unasked for asked in kept.asks):
            return False
        return all(
            self._digests.of(self._call(asked)) == self._kept[asked.key].digest
            for asked in kept.asks
            if self._number in self._kept[asked.key].uses
        )

    def _call_first(self, asked: _Asked) -> _Kept:
        kept = _Kept(asked)
        # What a cache answers runs no line: every seam starts and leaves with empty ones.
        self._clear_caches()
        self._open.append(kept)
        self._tracer.read = kept.own
        try:
            kept.value = asked.seam(*asked.arguments, **asked.named)
        finally:
            self._open.pop()
            self._tracer.read = self._open[-1].own
            kept.uses |= kept.own
            self._clear_caches()
        kept.value, kept.digest = _copy(kept.value), self._digests.of(kept.value)
        self._kept[asked.key] = kept
        return kept

    def _look_at(self, page: Page) -> None:
        if not self._is_base and not self._stops_at_pages:
            return
        digest = self._digests.of(replace(page, image=None))
        if self._is_base:
            self._pages.add(digest)
        elif digest not in self._pages:
            raise Reached


def _copy(value: Any) -> Any:
    """What its owner may change is given away as a copy."""
    return value.copy() if isinstance(value, list | dict | set | np.ndarray) else value
