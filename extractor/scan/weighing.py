"""What a page would cost, told from its structure before anything of it is drawn or laid out.

A stream of 10 KB may unpack to gigabytes, a form draw others that draw others, a font name two thousand million
widths. Streams are unpacked piece by piece and no further than a limit; what a form draws is counted, not drawn.
"""

from __future__ import annotations

import logging
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf

from extractor.scan.pictures import coded_megapixels
from extractor.seams.errors import DocumentError
from extractor.seams.options import Limits
from extractor.wording.said import say

_MEGABYTE = 1 << 20
#: Most bytes that a byte becomes, for filters without a way to stop: LZW has 12 bits for 4,096 bytes at most.
_RATIOS = {"/LZWDecode": 2731, "/RunLengthDecode": 64, "/ASCII85Decode": 4, "/ASCIIHexDecode": 1}
_SHORT = {"/Fl": "/FlateDecode", "/LZW": "/LZWDecode", "/RL": "/RunLengthDecode", "/A85": "/ASCII85Decode",
          "/AHx": "/ASCIIHexDecode"}  # fmt: skip
#: What draws something else: an object, a pattern, a shading, a state with a mask, a font. Names may be escaped.
_GAP = rb"(?:[\s\0]|%[^\r\n]*[\r\n])+"
_CALLS = re.compile(
    rb"/([^\s\0/<>\[\](){}%]+)"
    + _GAP
    + rb"(?:(Do|scn|SCN|sh|gs)|[-+.\d]+"
    + _GAP
    + rb"(Tf))(?![^\s\0/<>\[\](){}%])"
)
_KINDS = {b"Do": "/XObject", b"scn": "/Pattern", b"SCN": "/Pattern", b"sh": "/Shading", b"gs": "/ExtGState"}
#: A byte of a mesh, and of a function that is computed for every pixel, is as much work as so many of
#: instructions: 16 MB of rectangles are drawn within seconds, as are a mesh of 500 KB and a function of 2 KB.
_MESH, _FUNCTION = 32, 8192
_UNSEEN = "documents.unseen"
#: Elements of an array of content streams or of notes that are looked at: pages have one to a few hundred.
_PARTS = 10_000
_RANGES = re.compile(rb"<([^<>]*)>\s*<([^<>]*)>\s*(?:<[^<>]*>|\[[^\]]*\]|[^\s<>\[\]]+)")


class _TooMuchError(Exception):
    """A limit is passed: its name, and what passes it."""

    def __init__(self, limit: str, what: str) -> None:
        super().__init__(what)
        self.limit, self.what = limit, what


@dataclass(slots=True)
class Scales:
    """Weighs pages of one PDF, numbered from 1. pages: how many it has by this reader."""

    limits: Limits
    pages: int = 0
    _pdf: Any = None
    #: Streams of the page in hand unpacked, by object.
    _unpacked: dict[tuple[int, int], bytes] = field(default_factory=dict)
    #: Bytes of a stream with all that it draws, how deep that goes, and why its text is not to be read, by object.
    _whole: dict[tuple[int, int], tuple[int, int, str]] = field(default_factory=dict)
    #: Why text in a font is not to be read, and the most bytes one of its glyphs may draw beyond its own, by object.
    _fonts: dict[tuple[int, int], tuple[str, int]] = field(default_factory=dict)
    #: Why the text of the page in hand is not to be read: a font of it is too much.
    _barred: str = ""

    def check(self, page_no: int) -> str:
        """Why the text layer of a page is not to be read, or an empty text.

        Raises:
            DocumentError: the page is not to be opened at all; the message names the limit and its value.
        """
        if self._pdf is None or page_no > self.pages:
            return say(_UNSEEN)
        # What a page is worth does not depend on the pages before it, which another process may be reading.
        self._barred = ""
        try:
            total = self._weigh_page(self._pdf.pages[page_no - 1].obj)
        except _TooMuchError as error:
            limit = self.limits.name(error.limit)
            told = say("documents.too_much", page=page_no, what=error.what, limit=limit)
            raise DocumentError(told, code="page_limit") from error
        except Exception as error:  # noqa: BLE001 - a damaged page may still be drawn, within memory and time
            logging.getLogger(__name__).debug("page %d cannot be weighed: %s", page_no, error)
            return say(_UNSEEN)
        finally:
            self._unpacked.clear()
        if total > self.limits.text_mb * _MEGABYTE:
            limit = self.limits.name("text_mb")
            return say("documents.many_instructions", size=total / _MEGABYTE, limit=limit)
        return self._barred

    def close(self) -> None:
        if self._pdf is not None:
            self._pdf.close()

    def _weigh_page(self, page: Any) -> int:
        resources = _inherited(page, "/Resources")
        contents = page.get("/Contents")
        pieces = _parts(contents) if isinstance(contents, pikepdf.Array) else iter([contents])
        content, total = list[bytes](), 0
        for piece in pieces:
            if isinstance(piece, pikepdf.Stream):
                content.append(self._unpack(piece))
                total = self._bounded(total + len(content[-1]))
        # A token may begin in one stream and end in the next.
        total, _ = self._weigh_content(b"\n".join(content), resources, 0)
        for note in _parts(page.get("/Annots")):
            for shown in _appearances(note):
                total = self._bounded(total + self._weigh_stream(shown, resources, 0)[0])
        return total

    def _bounded(self, total: int) -> int:
        if total > self.limits.instructions_mb * _MEGABYTE:
            raise _TooMuchError("instructions_mb", say("documents.weighs.instructions"))
        return total

    def _weigh_content(self, content: bytes, resources: Any, depth: int) -> tuple[int, int]:
        """Bytes of instructions, with what they draw as often as they draw it, and how deep that goes."""
        if depth > self.limits.nesting:
            raise _TooMuchError("nesting", say("documents.weighs.forms", depth=depth))
        total, deepest, calls = self._bounded(len(content)), 0, Counter[tuple[bytes, bytes]]()
        calls.update((match[1], match[2] or match[3]) for match in _CALLS.finditer(content))
        for (name, operator), times in calls.items():
            kind = _KINDS.get(operator, "/Font")
            found = _lookup(resources, kind, name)
            if found is None:
                continue
            if kind == "/Font":
                self._weigh_font(found, len(content), depth)
            else:
                own, deep = self._weigh_called(found, kind, resources, depth)
                total, deepest = self._bounded(total + times * own), max(deepest, deep)
        return total, deepest

    def _weigh_called(self, found: Any, kind: str, resources: Any, depth: int) -> tuple[int, int]:
        if kind == "/ExtGState":
            mask = found.get("/SMask")
            return self._weigh_stream(
                mask.get("/G") if isinstance(mask, pikepdf.Dictionary) else None, resources, depth
            )
        if kind == "/Pattern" and not isinstance(found, pikepdf.Stream):
            found, kind = found.get("/Shading"), "/Shading"
        if kind == "/Shading":
            mesh = _MESH * len(self._unpack(found)) if isinstance(found, pikepdf.Stream) else 0
            return mesh + _FUNCTION * self._weigh_function(found.get("/Function"), 0), 0
        if isinstance(found, pikepdf.Stream) and found.get("/Subtype") == "/Image":
            self._check_picture(found)
            return 0, 0
        return self._weigh_stream(found, resources, depth)

    def _weigh_function(self, function: Any, depth: int) -> int:
        """Bytes of the programs that a function consists of."""
        if depth > self.limits.nesting:
            raise _TooMuchError("nesting", say("documents.weighs.functions"))
        if isinstance(function, pikepdf.Array):
            return sum(self._weigh_function(item, depth + 1) for item in _parts(function))
        if isinstance(function, pikepdf.Stream):
            return len(self._unpack(function)) if function.get("/FunctionType") == 4 else 0
        if isinstance(function, pikepdf.Dictionary):
            return self._weigh_function(function.get("/Functions"), depth + 1)
        return 0

    def _check_picture(self, picture: Any) -> None:
        told = int(picture.get("/Width", 0)) * int(picture.get("/Height", 0))
        megapixels = max(told / 1e6, self._coded_megapixels(picture))
        if megapixels > self.limits.picture_megapixels:
            what = say("documents.weighs.picture", megapixels=megapixels)
            raise _TooMuchError("picture_megapixels", what)
        for mask in (picture.get("/SMask"), picture.get("/Mask")):
            if isinstance(mask, pikepdf.Stream) and "/SMask" not in mask and "/Mask" not in mask:
                self._check_picture(mask)

    def _coded_megapixels(self, picture: Any) -> float:
        """What the data of a picture says itself: readers make room for that, whatever the document says of it."""
        *packed, coding = _filters(picture) or [""]
        if coding not in {"/DCTDecode", "/JPXDecode"}:
            return 0.0
        data, most = picture.read_raw_bytes(), int(self.limits.stream_mb * _MEGABYTE)
        for name in packed:
            data = self._unpack_step(data, name, most)
        return coded_megapixels(data)

    def _weigh_stream(self, stream: Any, resources: Any, depth: int) -> tuple[int, int]:
        """The same of a stream that is drawn from that depth."""
        if not isinstance(stream, pikepdf.Stream):
            return 0, 0
        key = stream.objgen
        if key not in self._whole:
            # Whoever draws itself again adds nothing: readers stop there.
            self._whole[key] = 0, 0, ""
            barred, self._barred = self._barred, ""
            try:
                own = stream.get("/Resources", resources)
                total, deep = self._weigh_content(self._unpack(stream), own, depth + 1)
            except BaseException:
                # It is too much for every page that draws it.
                del self._whole[key]
                raise
            self._whole[key] = total, deep + 1, self._barred
            self._barred = barred
        total, deep, barred = self._whole[key]
        self._barred = self._barred or barred
        if depth + deep > self.limits.nesting:
            raise _TooMuchError("nesting", say("documents.weighs.forms", depth=depth + deep))
        return total, deep

    def _weigh_font(self, font: Any, content: int, depth: int) -> None:
        key = font.objgen
        if key not in self._fonts or key == (0, 0):
            # A glyph may be drawn with the font it belongs to.
            self._fonts[key] = "", 0
            try:
                self._fonts[key] = self._explain_font(font), self._weigh_glyphs(font, depth)
            except _TooMuchError:
                del self._fonts[key]
                raise
        barred, extra = self._fonts[key]
        self._barred = self._barred or barred
        # Each character of the content may be the glyph that draws most.
        self._bounded(extra * content)

    def _weigh_glyphs(self, font: Any, depth: int) -> int:
        """Bytes of what a glyph that is a drawing draws beyond itself, at most."""
        glyphs = font.get("/CharProcs")
        if not isinstance(glyphs, pikepdf.Dictionary):
            return 0
        most = 0
        resources = font.get("/Resources", pikepdf.Dictionary())
        for position, name in enumerate(glyphs.keys()):
            if position >= self.limits.font_codes:
                raise _TooMuchError("font_codes", say("documents.weighs.fonts"))
            glyph = glyphs[name]
            if isinstance(glyph, pikepdf.Stream):
                most = max(most, self._weigh_stream(glyph, resources, depth)[0] - len(self._unpack(glyph)))
        return most

    def _explain_font(self, font: Any) -> str:
        parts = [font, *_parts(font.get("/DescendantFonts"))]
        codes = sum(
            _count_widths(part.get(name), self.limits.font_codes) for part in parts for name in ("/W", "/W2")
        )
        codes += sum(len(part.get("/Widths", ())) for part in parts)
        encoding = font.get("/Encoding")
        if isinstance(encoding, pikepdf.Dictionary):
            codes += len(encoding.get("/Differences", ()))
        for table in filter(
            lambda item: isinstance(item, pikepdf.Stream), (font.get("/ToUnicode"), encoding)
        ):
            if "/DecodeParms" in table:
                return "a font has a table that is packed in an unusual way"
            codes += _count_codes(self._unpack(table), self.limits.font_codes)
        if codes > self.limits.font_codes:
            return f"a font has tables of {_at_least(codes)} codes{self.limits.name('font_codes')}"
        descriptors = [part.get("/FontDescriptor", pikepdf.Dictionary()) for part in parts]
        for file in (
            item.get(name) for item in descriptors for name in ("/FontFile", "/FontFile2", "/FontFile3")
        ):
            if isinstance(file, pikepdf.Stream):
                self._unpack(file)
        return ""

    def _unpack(self, stream: Any) -> bytes:
        """The stream unpacked, once."""
        key = stream.objgen
        if key not in self._unpacked:
            most = int(self.limits.stream_mb * _MEGABYTE)
            data = stream.read_raw_bytes()
            for name in _filters(stream):
                data = self._unpack_step(data, name, most)
                if len(data) > most:
                    raise _TooMuchError("stream_mb", say("documents.weighs.stream"))
            self._unpacked[key] = data
        return self._unpacked[key]

    def _unpack_step(self, data: bytes, name: str, most: int) -> bytes:
        if name == "/FlateDecode":
            try:
                return zlib.decompressobj().decompress(data, most + 1)
            except zlib.error:
                # Readers differ in what they make of it: it is small, or limited by memory.
                return data
        ratio = _RATIOS.get(name)
        if ratio is None:
            return data
        if len(data) * ratio > most * 16:
            raise _TooMuchError("stream_mb", say("documents.weighs.may_stream"))
        packed = pikepdf.Stream(self._pdf, data)
        packed["/Filter"] = pikepdf.Name(name)
        return bytes(packed.read_bytes())


def open_scales(source: Path | BytesIO, password: str | None, limits: Limits, pages: int) -> Scales:
    """Scales for a PDF that another reader opened; such as weigh nothing where this reader cannot, or sees others."""
    try:
        pdf = pikepdf.open(source, password=password or "", suppress_warnings=True)
        if len(pdf.pages) == pages:
            return Scales(limits, pages, pdf)
        pdf.close()
    except Exception as error:  # noqa: BLE001 - see above
        logging.getLogger(__name__).debug("a document cannot be weighed: %s", error)
    return Scales(limits)


def _inherited(page: Any, name: str) -> Any:
    for _ in range(64):
        if name in page:
            return page[name]
        if "/Parent" not in page:
            break
        page = page["/Parent"]
    return pikepdf.Dictionary()


def _parts(found: Any) -> Iterator[Any]:
    """Elements of an array; none where there is none."""
    if not isinstance(found, pikepdf.Array):
        return
    if len(found) > _PARTS:
        raise _TooMuchError("", say("documents.weighs.pieces", count=len(found), most=_PARTS))
    yield from found


def _appearances(note: Any) -> Iterator[Any]:
    shown = note.get("/AP") if isinstance(note, pikepdf.Dictionary) else None
    normal = shown.get("/N") if isinstance(shown, pikepdf.Dictionary) else None
    if isinstance(normal, pikepdf.Stream):
        yield normal
    elif isinstance(normal, pikepdf.Dictionary):
        yield from (normal[name] for name in list(normal.keys())[:_PARTS])


def _lookup(resources: Any, kind: str, name: bytes) -> Any:
    plain = re.sub(rb"#([0-9a-fA-F]{2})", lambda code: bytes([int(code[1], 16)]), name)
    table = resources.get(kind) if isinstance(resources, pikepdf.Dictionary) else None
    if not isinstance(table, pikepdf.Dictionary):
        return None
    return table.get("/" + plain.decode("utf-8", "surrogateescape"))


def _filters(stream: Any) -> list[str]:
    found = stream.get("/Filter")
    names = [found] if isinstance(found, pikepdf.Name) else list(found or ())
    if len(names) > 8:
        raise _TooMuchError("", say("documents.weighs.packed", count=len(names)))
    return [_SHORT.get(str(name), str(name)) for name in names]


def _count_widths(table: Any, most: int) -> int:
    """Codes that a table of widths names; somewhat more than `most` where there are more."""
    if not isinstance(table, pikepdf.Array):
        return 0
    if len(table) > 2 * most:
        return len(table)
    codes, bounds = 0, list[int]()
    for item in table:
        if isinstance(item, pikepdf.Array):
            codes, bounds = codes + len(item), []
            continue
        bounds.append(int(item))
        if len(bounds) == 3:
            codes, bounds = codes + max(0, bounds[1] - bounds[0]) + 1, []
        if codes > most:
            break
    return codes


def _count_codes(table: bytes, most: int) -> int:
    """Codes that a character map names; somewhat more than `most` where there are more."""
    plain = re.sub(rb"%[^\r\n]*", b" ", table)
    codes = 0
    for section in re.split(rb"end(?=(?:bf|cid|notdef)range)", plain)[:-1]:
        ranges = section.rsplit(b"begin", 1)[-1]
        if b"(" in ranges:
            return most + 1
        for low, high in _RANGES.findall(ranges):
            codes += max(0, _number(high) - _number(low)) + 1
            if codes > most:
                return codes
    return codes + plain.count(b"<") // 2


def _number(digits: bytes) -> int:
    try:
        return int(b"".join(digits.split()) or b"0", 16)
    except ValueError:
        return 1 << 32


def _at_least(codes: int) -> str:
    return f"{codes:,}" if codes < 1 << 32 else "thousands of millions of"
