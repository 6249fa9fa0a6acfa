"""Small PDFs that ask for far more than they are: one of each kind that a reader of PDFs can be brought down by.

`python -m tests.bombs FOLDER` writes them all.
"""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

_BOMBS: dict[str, Callable[[], bytes]] = {}
#: Bytes that bombs of packed streams unpack to: beyond every limit, and made within a second.
_LARGE = 300_000_000
_PICTURE = b"/Type/XObject/Subtype/Image/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/FlateDecode"


def write_bombs(folder: Path) -> list[Path]:
    """All bombs, each in a file of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, make in _BOMBS.items():
        written.append(folder / f"{name}.pdf")
        written[-1].write_bytes(make())
    return written


def _bomb(make: Callable[[], bytes]) -> Callable[[], bytes]:
    _BOMBS[make.__name__.removeprefix("_")] = make
    return make


def _pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    body, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    tail = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(body) + tail % (size, table, size, trailer, len(body))


def _stream(content: bytes, told: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), told, content)


def _page(resources: bytes, content: bytes, *others: bytes, told: bytes = b"") -> bytes:
    """A document of one page; the content is object 4, others follow."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<%s>>/Contents 4 0 R%s>>"
    return _pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page % (resources, told),
        content if content.startswith(b"<<") else _stream(content),
        *others,
    )


def _packed(content: bytes, times: int = 1) -> bytes:
    """A stream packed so many times."""
    for _ in range(times):
        content = zlib.compress(content, 9)
    return _stream(content, b"/Filter[%s]" % (b"/FlateDecode " * times))


def _text(
    font: bytes, *others: bytes, shown: bytes = b"(report of the year 2023, 12 items and more)"
) -> bytes:
    """A page with text in a font of its own."""
    content = b"BT /F 12 Tf 20 700 Td %s Tj ET" % shown
    return _page(b"/Font<</F 5 0 R>>", content, font, *others)


def _forms(count: int, content: Callable[[int], bytes]) -> bytes:
    """Forms of which each may draw the others, the first drawn by the page."""
    resources = b"/XObject<<%s>>" % b"".join(b"/X%d %d 0 R" % (i, 5 + i) for i in range(count))
    told = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources %d 0 R" % (5 + count)
    forms = [_stream(content(i), told) for i in range(count)]
    return _page(resources, b"/X0 Do", *forms, b"<<%s>>" % resources)


_COMPOSITE = (
    b"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding %s/DescendantFonts[6 0 R]%s>>",
    b"<</Type/Font/Subtype/CIDFontType2/BaseFont/A/CIDSystemInfo<</Registry(A)/Ordering(B)/Supplement 0>>%s>>",
)
_HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica%s>>"
_MAP = b"begincmap 1 begincodespacerange <0000> <ffffffff> endcodespacerange %s endcmap"


@_bomb
def _content_packed_twice() -> bytes:
    return _page(b"", _packed(bytes(_LARGE), 2))


@_bomb
def _content_packed_fifty_times() -> bytes:
    return _page(b"", _packed(b"0 0 m 9 9 l S", 50))


@_bomb
def _content_in_lzw() -> bytes:
    return _page(b"", _stream(b"\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01" * 200_000, b"/Filter/LZWDecode"))


@_bomb
def _content_repeated() -> bytes:
    page = _page(b"", b"0 0 m 9 9 l S\n" * 7000)
    return page.replace(b"/Contents 4 0 R", b"/Contents[%s]" % (b"4 0 R " * 9000))


@_bomb
def _content_of_many_pieces() -> bytes:
    return _page(b"", b"").replace(b"/Contents 4 0 R", b"/Contents[%s]" % (b"4 0 R " * 400_000))


@_bomb
def _content_nested() -> bytes:
    return _page(b"", b"[" * 500_000)


@_bomb
def _dictionaries_nested() -> bytes:
    return _page(b"/A" + b"<</A" * 200_000, b"0 0 m 9 9 l S")


@_bomb
def _forms_of_forms() -> bytes:
    return _forms(15, lambda i: b"/X%d Do " % (i + 1) * 10)


@_bomb
def _forms_nested() -> bytes:
    return _forms(2000, lambda i: b"/X%d Do" % (i + 1))


@_bomb
def _forms_in_a_ring() -> bytes:
    return _forms(3, lambda i: b"/X%d Do " % ((i + 1) % 3) * 1000)


@_bomb
def _forms_under_other_names() -> bytes:
    return _forms(15, lambda i: b"/X#3%d%%\nDo " % (i + 1) * 10 if i < 9 else b"/X%d Do " % (i + 1) * 10)


@_bomb
def _patterns_of_patterns() -> bytes:
    resources = b"/Pattern<<%s>>" % b"".join(b"/P%d %d 0 R" % (i, 5 + i) for i in range(12))
    told = (
        b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 1/YStep 1/Resources<<%s>>" % resources
    )
    cells = [_stream(b"/Pattern cs /P%d scn 0 0 9 9 re f " % (i + 1) * 10, told) for i in range(12)]
    return _page(resources, b"/Pattern cs /P0 scn 0 0 595 842 re f", *cells)


@_bomb
def _masks_of_masks() -> bytes:
    states = b"/ExtGState<<%s>>" % b"".join(
        b"/G%d<</SMask<</S/Luminosity/G %d 0 R>>>>" % (i, 5 + i) for i in range(12)
    )
    told = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Group<</S/Transparency>>/Resources<<%s>>" % states
    groups = [_stream(b"/G%d gs 0 0 595 842 re f " % (i + 1) * 10, told) for i in range(12)]
    return _page(states, b"/G0 gs 0 0 595 842 re f", *groups)


@_bomb
def _glyphs_that_draw_forms() -> bytes:
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[1 0 0 1 0 0]/FirstChar 97/LastChar 97/Widths[9]"
        b"/CharProcs<</a 6 0 R>>/Encoding<</Differences[97/a]>>/Resources<</XObject<</X 7 0 R>>>>>>"
    )
    form = _stream(b"0 0 m 9 9 l S\n" * 9000, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    return _text(font, _stream(b"9 0 d0 " + b"/X Do " * 900), form, shown=b"(%s)" % (b"a" * 5000))


@_bomb
def _widths_of_millions() -> bytes:
    return _text(_COMPOSITE[0] % (b"/Identity-H", b""), _COMPOSITE[1] % b"/W[0 2000000000 500]")


@_bomb
def _widths_one_by_one() -> bytes:
    return _text(_COMPOSITE[0] % (b"/Identity-H", b""), _COMPOSITE[1] % (b"/W[0[%s]]" % (b"5 " * 2_000_000)))


@_bomb
def _encoding_of_millions() -> bytes:
    table = _stream(_MAP % b"1 begincidrange <00000000> <0fffffff> 0 endcidrange", b"/Type/CMap/CMapName/A")
    return _text(_COMPOSITE[0] % (b"7 0 R", b""), _COMPOSITE[1] % b"", table)


@_bomb
def _unicode_of_millions() -> bytes:
    table = _stream(_MAP % b"1 beginbfrange % a remark\n<00000000> <0fffffff> <0000> endbfrange")
    return _text(_COMPOSITE[0] % (b"/Identity-H", b"/ToUnicode 7 0 R"), _COMPOSITE[1] % b"", table)


@_bomb
def _unicode_packed_twice() -> bytes:
    return _text(_HELVETICA % b"/ToUnicode 6 0 R", _packed(b" " * _LARGE, 2))


@_bomb
def _differences_of_millions() -> bytes:
    return _text(_HELVETICA % (b"/Encoding<</Differences[%s]>>" % (b"65/A" * 1_000_000)))


@_bomb
def _font_file_packed_twice() -> bytes:
    descriptor = b"/FontDescriptor<</Type/FontDescriptor/FontName/A/Flags 4/FontFile2 6 0 R>>"
    return _text(b"<</Type/Font/Subtype/TrueType/BaseFont/A%s>>" % descriptor, _packed(bytes(_LARGE), 2))


@_bomb
def _characters() -> bytes:
    lines = b"".join(b"1 0 0 1 20 %d Tm (%s) Tj " % (800 - i, b"12345678" * 125) for i in range(80))
    return _page(b"/Font<</F 5 0 R>>", b"BT /F 1 Tf %s ET" % lines, _HELVETICA % b"")


@_bomb
def _characters_and_shapes() -> bytes:
    lines = b"".join(b"%d %d m %d 800 l S\n" % (i % 595, i % 842, i % 500) for i in range(60_000))
    return _page(
        b"/Font<</F 5 0 R>>",
        lines + b"BT /F 9 Tf 20 700 Td (%s) Tj ET" % (b"12 items " * 9),
        _HELVETICA % b"",
    )


@_bomb
def _shapes() -> bytes:
    return _page(b"", _packed(b"0 0 m 595 842 l S\n" * 1_500_000))


@_bomb
def _shading_by_a_program() -> bytes:
    program = b"{ %s }" % (b"dup mul " * 20_000)
    told = b"/FunctionType 4/Domain[0 1 0 1]/Range[0 1 0 1 0 1]"
    shading = b"/Shading<</S<</ShadingType 1/ColorSpace/DeviceRGB/Matrix[595 0 0 842 0 0]/Function 5 0 R>>>>"
    return _page(shading, b"/S sh", _stream(program, told))


@_bomb
def _shading_of_triangles() -> bytes:
    told = (
        b"/ShadingType 4/ColorSpace/DeviceGray/BitsPerCoordinate 8/BitsPerComponent 8/BitsPerFlag 8"
        b"/Decode[0 595 0 842 0 1]/Filter/FlateDecode"
    )
    mesh = _stream(zlib.compress(bytes((0, 0, 0, 0, 0, 255, 0, 9, 0, 0, 255, 7)) * 1_000_000), told)
    return _page(b"/Shading<</S 5 0 R>>", b"/S sh", mesh)


@_bomb
def _notes() -> bytes:
    note = b"<</Type/Annot/Subtype/Square/Rect[0 0 595 842]/AP<</N 5 0 R>>>>"
    form = _stream(b"0 0 m 9 9 l S\n" * 3000, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    return _page(b"", b"0 0 m 9 9 l S", form, told=b"/Annots[%s]" % (note * 9000))


@_bomb
def _picture_of_gigapixels() -> bytes:
    picture = _stream(zlib.compress(bytes(1 << 20)), _PICTURE + b"/Width 60000/Height 60000")
    return _page(b"/XObject<</I 5 0 R>>", b"q 595 0 0 842 0 0 cm /I Do Q", picture)


@_bomb
def _picture_behind_a_mask_of_gigapixels() -> bytes:
    picture = _stream(zlib.compress(bytes(8)), _PICTURE + b"/Width 8/Height 8/SMask 6 0 R")
    mask = _stream(zlib.compress(bytes(1 << 20)), _PICTURE + b"/Width 65000/Height 65000")
    return _page(b"/XObject<</I 5 0 R>>", b"q 595 0 0 842 0 0 cm /I Do Q", picture, mask)


@_bomb
def _picture_that_says_otherwise() -> bytes:
    size = b"\xff\x4f\xff\x51" + struct.pack(">HHIIIIIIIIH", 47, 0, 60000, 60000, 0, 0, 60000, 60000, 0, 0, 3)
    steps = b"\xff\x52\0\x0c\0\0\0\1\0\5\4\4\0\1\xff\x5c\0\x13\x40" + b"\x40" * 16
    data = size + b"\7\1\1" * 3 + steps + b"\xff\x90\0\x0a\0\0\0\0\0\0\0\1\xff\x93" + bytes(64) + b"\xff\xd9"
    told = b"/Type/XObject/Subtype/Image/Width 10/Height 10/Filter/JPXDecode"
    return _page(b"/XObject<</I 5 0 R>>", b"q 595 0 0 842 0 0 cm /I Do Q", _stream(data, told))


@_bomb
def _picture_in_the_content() -> bytes:
    content = b"BI /W 60000 /H 60000 /BPC 8 /CS /RGB /F /Fl ID " + zlib.compress(bytes(1 << 20)) + b" EI"
    return _page(b"", content)


@_bomb
def _pages_too_large() -> bytes:
    return _page(b"", b"0 0 m 9 9 l S").replace(b"[0 0 595 842]", b"[0 0 14000 14000]")


@_bomb
def _pages_of_thousands() -> bytes:
    return _page(b"", b"").replace(b"/Kids[3 0 R]/Count 1", b"/Kids[%s]/Count 12000" % (b"3 0 R " * 12_000))


@_bomb
def _pages_in_a_ring() -> bytes:
    return _page(b"", b"").replace(b"/Kids[3 0 R]/Count 1", b"/Kids[2 0 R 3 0 R 2 0 R]/Count 3")


@_bomb
def _objects_packed() -> bytes:
    packed = _stream(zlib.compress(bytes(_LARGE)), b"/Type/ObjStm/N 100000000/First 1000/Filter/FlateDecode")
    return _page(b"", b"0 0 m 9 9 l S", packed)


@_bomb
def _table_of_thousands_of_millions() -> bytes:
    table = zlib.compress(bytes(_LARGE))
    told = b"/Type/XRef/Size 2000000000/W[1 8 8]/Root 1 0 R/Filter/FlateDecode"
    body = _page(b"", b"0 0 m 9 9 l S").partition(b"xref\n")[0]
    return body + b"9 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (_stream(table, told), len(body))


if __name__ == "__main__":
    write_bombs(Path(sys.argv[1]))
