"""PDFs that are nearly the fixtures: objects, streams, instructions and bytes changed so that readers still get far.

`python -m tests.mutations SEED FILE.pdf OUT.pdf` makes one; the same seed and file give the same bytes.
"""

from __future__ import annotations

import io
import multiprocessing
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from random import Random
from typing import Any

import pikepdf

#: Numbers that readers stumble over.
_NUMBERS = (
    0,
    -1,
    1,
    2,
    255,
    256,
    32767,
    65536,
    2**31 - 1,
    -(2**31),
    2**32,
    10**12,
    0.5,
    -0.001,
    1e-9,
    3.4e38,
)
_NAMES = ("/DCTDecode", "/FlateDecode", "/CCITTFaxDecode", "/JBIG2Decode", "/JPXDecode", "/DeviceRGB",
          "/LZWDecode", "/DeviceCMYK", "/Indexed", "/Type3", "/Identity-H", "/Form", "/Image", "/Pages")  # fmt: skip
#: Instructions of content, to be put between others.
_INSTRUCTIONS = (
    b"q", b"Q", b"BT", b"ET", b"1e9 0 0 1e9 0 0 cm", b"0 0 0 0 0 0 cm", b"-1 0 0 -1 500 800 cm", b"90 Tz 1e7 TL",
    b"0.0001 w", b"1e7 w", b"[3 0] 0 d", b"/X Do", b"/F 0 Tf", b"/F -12 Tf", b"0 0 1e8 1e8 re f", b"3 Tr", b"W n",
    b"(7) Tj", b"[(1)-1e9(2)] TJ", b"nan 0 Td", b"1e38 1e38 Td", b"BI /W 9 /H 9 /BPC 8 /CS /G ID xxxxxxxxx EI",
)  # fmt: skip
#: Values below which an object is not followed any deeper.
_DEPTH = 6


def mutate(content: bytes, seed: int) -> bytes:
    """A document made from this one by one to eight changes; may be no PDF any more."""
    chance = Random(seed)
    if chance.random() < 0.15:
        return _break_bytes(content, chance)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for _ in range(chance.randint(1, 8)):
            try:
                chance.choice(_CHANGES)(pdf, chance)
            except (pikepdf.PdfError, RuntimeError, TypeError, ValueError, LookupError, AttributeError):
                # That change does not fit this object, or what a change before left of it.
                continue
        target = io.BytesIO()
        try:
            pdf.save(
                target,
                object_stream_mode=chance.choice(list(pikepdf.ObjectStreamMode)),
                compress_streams=False,
                static_id=True,
            )
        except (pikepdf.PdfError, RuntimeError):
            return _break_bytes(content, chance)
    made = target.getvalue()
    return _break_bytes(made, chance) if chance.random() < 0.1 else made


class Mutator:
    """Mutates in a process of its own, for pikepdf now and then dies of what it was made to write."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    def mutate(self, content: bytes, seed: int) -> bytes:
        """As `mutate`; where that dies, bytes are changed instead."""
        self._pool = self._pool or ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        try:
            return self._pool.submit(mutate, content, seed).result(timeout=60)
        except (BrokenProcessPool, TimeoutError):
            self.close()
            return _break_bytes(content, Random(seed))

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _break_bytes(content: bytes, chance: Random) -> bytes:
    data = bytearray(content)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(data))
        how = chance.randrange(4)
        if how == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif how == 1:
            del data[at : at + chance.randint(1, 400)]
        elif how == 2:
            data[at:at] = data[at : at + chance.randint(1, 400)]
        else:
            data[at : at + 8] = bytes(chance.randrange(256) for _ in range(8))
        if len(data) < 64:
            return bytes(data)
    return bytes(data[: chance.randrange(64, len(data) + 1)] if chance.random() < 0.2 else data)


def _holders(pdf: pikepdf.Pdf) -> list[Any]:
    """All dictionaries, streams and arrays with something in them."""
    found: list[Any] = []

    def walk(item: Any, depth: int) -> None:
        if isinstance(item, pikepdf.Dictionary | pikepdf.Stream | pikepdf.Array):
            if 0 < len(item.keys() if not isinstance(item, pikepdf.Array) else item) < 5000:
                found.append(item)
            if depth < _DEPTH:
                for _, part in _parts(item):
                    if isinstance(part, pikepdf.Dictionary | pikepdf.Array) and part.objgen == (0, 0):
                        walk(part, depth + 1)

    for item in pdf.objects:
        walk(item, 0)
    return found


def _parts(item: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(item, pikepdf.Array):
        yield from enumerate(item)
    else:
        # Sorted: the keys come as a set, in another order in every process.
        yield from ((key, item[key]) for key in sorted(item.keys()))


def _pick(pdf: pikepdf.Pdf, chance: Random) -> tuple[Any, Any]:
    """A holder and the key of something in it."""
    holder = chance.choice(_holders(pdf))
    return holder, chance.choice([key for key, _ in _parts(holder)])


def _set_number(pdf: pikepdf.Pdf, chance: Random) -> None:
    for _ in range(30):
        holder, key = _pick(pdf, chance)
        if isinstance(holder[key], int | float) or str(type(holder[key]).__name__) == "Decimal":
            value = chance.choice([*_NUMBERS, float(holder[key]) * chance.choice([-1, 0.5, 2, 1.01, 1000])])
            holder[key] = value if isinstance(value, int) else round(value, 6)
            return


def _set_anything(pdf: pikepdf.Pdf, chance: Random) -> None:
    holder, key = _pick(pdf, chance)
    other, name = _pick(pdf, chance)
    holder[key] = chance.choice([
        lambda: other[name], lambda: pikepdf.Name(chance.choice(_NAMES)), lambda: chance.choice(_NUMBERS),
        lambda: pikepdf.Array([]), lambda: pikepdf.Dictionary(), lambda: pikepdf.String("x" * chance.randrange(99)),
    ])()  # fmt: skip


def _drop(pdf: pikepdf.Pdf, chance: Random) -> None:
    holder, key = _pick(pdf, chance)
    del holder[key]


def _refer_elsewhere(pdf: pikepdf.Pdf, chance: Random) -> None:
    objects = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary | pikepdf.Stream)]
    for _ in range(30):
        holder, key = _pick(pdf, chance)
        if getattr(holder[key], "objgen", (0, 0)) != (0, 0):
            holder[key] = chance.choice(objects)
            return


def _change_stream(pdf: pikepdf.Pdf, chance: Random) -> None:
    """Bytes of a stream as it is packed: pictures, fonts and content alike."""
    stream = chance.choice([item for item in pdf.objects if isinstance(item, pikepdf.Stream)])
    filters, parameters = stream.get("/Filter"), stream.get("/DecodeParms")
    stream.write(_break_bytes(stream.read_raw_bytes(), chance), filter=filters, decode_parms=parameters)


def _change_content(pdf: pikepdf.Pdf, chance: Random) -> None:
    """Instructions of a page or form: one repeated, left out, or an odd one put in."""
    page = chance.choice(list(pdf.pages))
    streams = [item for item in pdf.objects if isinstance(item, pikepdf.Stream)]
    forms = [item for item in streams if item.get("/Subtype") == "/Form" or item.get("/ToUnicode") == "/x"]
    maps = [item for item in streams if item.get("/Subtype") is None and item.get("/Type") is None]
    page.contents_coalesce()
    stream = chance.choice([page.obj.Contents, page.obj.Contents, *forms, *maps[:3]])
    lines = stream.read_bytes().split(b"\n")
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(lines))
        lines[at : at + chance.randint(0, 2)] = chance.choice(
            [[chance.choice(_INSTRUCTIONS)], [], [lines[at]] * chance.randint(2, 50)]
        )
    stream.write(b"\n".join(lines))


def _change_pages(pdf: pikepdf.Pdf, chance: Random) -> None:
    page = chance.choice(list(pdf.pages))
    how = chance.randrange(4)
    if how == 0:
        page.obj.Rotate = chance.choice([90, 180, 270, 45, -90, 3600])
    elif how == 1:
        page.obj[chance.choice(["/CropBox", "/MediaBox"])] = pikepdf.Array(
            [round(chance.uniform(-900, 1900), 2) for _ in range(4)]
        )
    elif how == 2:
        page.obj.UserUnit = chance.choice([0, 0.1, 2, 75, -1])
    else:
        pdf.pages.append(page)


_CHANGES: tuple[Callable[[pikepdf.Pdf, Random], None], ...] = (
    _set_number, _set_number, _set_anything, _drop, _refer_elsewhere, _change_stream, _change_stream,
    _change_content, _change_content, _change_pages,
)  # fmt: skip


if __name__ == "__main__":
    Path(sys.argv[3]).write_bytes(mutate(Path(sys.argv[2]).read_bytes(), int(sys.argv[1])))
