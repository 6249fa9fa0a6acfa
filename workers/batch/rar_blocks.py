"""Whether a RAR goes on to the block that ends it: libarchive takes one that ends before that for whole.

Only heads of blocks are looked at, in the process that reads the archive.
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

from extractor.scan.packed import RAR4, RAR5

#: RAR 5.0: kind of the block that ends an archive, flags of a head that say what follows it, and the most bytes
#: that the length of a head takes and so a head has (rarlab's technical note, "General archive block format").
_END5, _HAS_EXTRA, _HAS_DATA = 5, 0x1, 0x2
_LENGTH_BYTES, _HEAD5_BYTES = 3, 1 << 21
#: RAR 1.5 to 4: kind of the block that ends an archive, kinds that hold a file, flags that say that data follow and
#: that they are longer than 4 GB, and where the upper half of their length stands.
_END4, _FILES4, _LONG, _LARGE, _UPPER = 0x7B, (0x74, 0x7A), 0x8000, 0x100, 32
#: Both: the archive goes on in another file.
_MORE_VOLUMES = 0x1


class CutOffError(ValueError):
    """The archive ends before its end, or what stands there is no block."""


def check_end(path: Path) -> None:
    """Follows the blocks of a RAR; nothing is asked of another kind of file.

    Raises:
        CutOffError: they do not come to the block that ends an archive.
        ValueError: they do, and it says that further files belong to the archive.
    """
    with path.open("rb") as stream:
        beginning = stream.read(len(RAR5))
        if beginning.startswith(RAR5):
            _follow_five(stream, len(RAR5))
        elif beginning.startswith(RAR4):
            _follow_four(stream, len(RAR4))


def _follow_five(stream: BinaryIO, place: int) -> None:
    while True:
        stream.seek(place)
        told = _take(stream, 4)
        start = stream.tell()
        length = _number(stream, _LENGTH_BYTES)
        if not 0 < length < _HEAD5_BYTES:
            raise CutOffError
        end = stream.tell() + length
        stream.seek(start)
        if zlib.crc32(_take(stream, end - start)) != int.from_bytes(told, "little"):
            raise CutOffError
        stream.seek(end - length)
        kind, flags = _number(stream), _number(stream)
        if flags & _HAS_EXTRA:
            _number(stream)
        size = _number(stream) if flags & _HAS_DATA else 0
        if kind == _END5:
            _check_last(_number(stream))
            return
        place = end + size
        _check_place(stream, place)


def _follow_four(stream: BinaryIO, place: int) -> None:
    while True:
        stream.seek(place)
        _, kind, flags, length = struct.unpack("<HBHH", head := _take(stream, 7))
        if length < len(head):
            raise CutOffError
        if kind == _END4:
            _check_last(flags)
            return
        size = int.from_bytes(_take(stream, 4), "little") if flags & _LONG or kind in _FILES4 else 0
        if kind in _FILES4 and flags & _LARGE:
            stream.seek(place + _UPPER)
            size |= int.from_bytes(_take(stream, 4), "little") << 32
        place += length + size
        _check_place(stream, place)


def _check_last(flags: int) -> None:
    if flags & _MORE_VOLUMES:
        raise ValueError("further volumes belong to it")


def _check_place(stream: BinaryIO, place: int) -> None:
    """A next block beyond the end of the file is none; a length can say more than a file can be asked for."""
    if place >= os.fstat(stream.fileno()).st_size:
        raise CutOffError


def _number(stream: BinaryIO, most: int = 10) -> int:
    """A number of seven bits a byte, lowest first; the last byte lacks the eighth."""
    value = 0
    for index in range(most):
        (byte,) = _take(stream, 1)
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value
    raise CutOffError


def _take(stream: BinaryIO, count: int) -> bytes:
    taken = stream.read(count)
    if len(taken) < count:
        raise CutOffError
    return taken
