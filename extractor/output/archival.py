"""PDF/A-2u (ISO 19005-2:2011): what of it a copy can be given, and what of its source stands against it.

veraPDF, which decides such things, is a program of its own; the clauses of the standard that a scan, or somebody's
text layer on it, may offend are looked at here one by one. Where one is offended, or cannot be looked at, the copy is
not declared to be what it may not be. Not looked at: the syntax of content streams, glyph widths of fonts that the
source brings, whether its profiles are sound, nesting and other limits of 6.1.13.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pikepdf
from PIL import ImageCms


def _names(words: str) -> frozenset[str]:
    return frozenset(f"/{word}" for word in words.split())


#: What says in the metadata which PDF/A a file is, and what else may stand there about that.
_DECLARED = {"pdfaid:part": "2", "pdfaid:conformance": "U"}
_AMENDED = ("pdfaid:amd", "pdfaid:corr", "pdfaid:rev")
#: 6.6.2.3: what metadata may speak of without a schema of its own.
_SCHEMAS = frozenset(
    f"http://{place}/"
    for place in (
        "purl.org/dc/elements/1.1",
        "ns.adobe.com/xap/1.0",
        "ns.adobe.com/xap/1.0/rights",
        "ns.adobe.com/xap/1.0/mm",
        "ns.adobe.com/xap/1.0/bj",
        "ns.adobe.com/xap/1.0/t/pg",
        "ns.adobe.com/pdf/1.3",
        "ns.adobe.com/photoshop/1.0",
        "ns.adobe.com/tiff/1.0",
        "ns.adobe.com/exif/1.0",
        "www.aiim.org/pdfa/ns/id",
    )
)
#: Levels of the tree of pages that are looked up.
_DEPTH = 50
#: What pikepdf raises where a dictionary is no dictionary, a number no number: then nothing can be said for it.
_ODD = (pikepdf.PdfError, RuntimeError, LookupError, TypeError, AttributeError, ValueError, ArithmeticError)
#: 6.3.1: annotations that may be, and of 6.3.2 the flag that must be set and those that must not.
_ANNOTATIONS = _names(
    "Text Link FreeText Line Square Circle Polygon PolyLine Highlight Underline Squiggly StrikeOut Stamp "
    "Caret Ink Popup FileAttachment Widget PrinterMark TrapNet Watermark Redact"
)
_PRINT, _UNSEEN = 4, 1 | 2 | 32 | 256
#: 6.5.1: actions that may not be, and those of the named ones that may.
_ACTIONS = _names(
    "Launch Sound Movie ResetForm ImportData Hide SetOCGState Rendition Trans GoTo3DView JavaScript "
    "SetState NoOp"
)
_NAMED = _names("NextPage PrevPage FirstPage LastPage")
#: 6.2.10: how colours may be laid over each other.
_BLENDS = _names(
    "Normal Compatible Multiply Screen Overlay Darken Lighten ColorDodge ColorBurn HardLight SoftLight "
    "Difference Exclusion Hue Saturation Color Luminosity"
)
#: Kinds of fonts whose glyphs are programs of their own.
_FONTS = _names("Type0 Type1 MMType1 TrueType CIDFontType0 CIDFontType2")
#: 6.2.11.7: encodings whose characters have names, and so Unicode values.
_ENCODINGS = _names("WinAnsiEncoding MacRomanEncoding MacExpertEncoding")


def make_archival(pdf: pikepdf.Pdf, *, is_locked: bool = False) -> tuple[str, ...]:
    """Gives an open PDF what PDF/A-2u asks and says in its metadata that it is one.

    What acts is taken out, pictures are not smoothed, device colours get a space (6.2.3), pages their own resources.
    Where that is not enough the metadata do not say so, not as the source's do either, and the clauses of ISO 19005-2
    that the source offends come back, in their order; none where it is one.

    is_locked: it will be saved under a password, which none is (6.1.3).
    """
    if not is_locked:
        _mend(pdf)
    # Metadata that are none are written anew; where they could not be read says nothing to whoever waits.
    logging.getLogger("pikepdf").setLevel(logging.CRITICAL)
    with (
        warnings.catch_warnings(action="ignore"),
        pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata,
    ):
        metadata.load_from_docinfo(pdf.docinfo)
        for key in (*_DECLARED, *_AMENDED):
            if key in metadata:
                del metadata[key]
        faults = (
            ("6.1.3",) if is_locked else find_faults(pdf, {key[1:].partition("}")[0] for key in metadata})
        )
        if not faults:
            metadata.update(_DECLARED)
    return faults


def is_archival(path: Path) -> bool:
    """Whether a file says that it is PDF/A-2u."""
    try:
        with pikepdf.open(path) as pdf:
            return pdf.open_metadata().pdfa_status == "2U"
    except _ODD:
        return False


def find_faults(pdf: pikepdf.Pdf, schemas: Collection[str] = ()) -> tuple[str, ...]:
    """The clauses of ISO 19005-2 that an open PDF offends, of those that are looked at, in their order.

    schemas: the names of those that its metadata speak of.
    """
    found = {"6.6.2.3"} if set(schemas) - _SCHEMAS - {""} else set[str]()
    found |= _ask(pdf.Root, _OF_ROOT)
    for held in _list_held(pdf.Root):
        found |= _ask(held, _OF_ALL)
        found |= set() if isinstance(held, pikepdf.Array) else _ask(held, _OF_OBJECTS)
    for page in pdf.pages:
        found |= {"6.10"} if "/PresSteps" in page.obj else set()
        for annotation in _list_annotations(page.obj):
            found |= _ask(annotation, _OF_ANNOTATIONS)
    return tuple(sorted(found, key=lambda clause: [int(part) for part in clause.split(".")]))


def _ask(one: Any, clauses: Mapping[str, Callable[[Any], bool]]) -> set[str]:
    """The clauses that one of its dictionaries, streams or arrays offends, or for which it cannot be looked at."""
    found = set()
    for clause, is_offended in clauses.items():
        try:
            found |= {clause} if is_offended(one) else set()
        except _ODD:
            found.add(clause)
    return found


def _mend(pdf: pikepdf.Pdf) -> None:
    for holder in (pdf.Root, *(sheet.obj for sheet in pdf.pages)):
        for key in ("/OpenAction", "/AA"):
            if key in holder:
                del holder[key]
    for sheet in pdf.pages:
        # 6.2.2: what a page draws with is its own, not that of the tree it hangs in.
        sheet.obj.Resources = _find_resources(sheet.obj)
        for image in sheet.get_images().values():
            if "/Interpolate" in image:
                image.Interpolate = False
    profile = pdf.make_stream(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile.N = 3
    intent = pikepdf.Dictionary(
        Type=pikepdf.Name.OutputIntent,
        S=pikepdf.Name.GTS_PDFA1,
        OutputConditionIdentifier=pikepdf.String("sRGB"),
        DestOutputProfile=profile,
    )
    pdf.Root.OutputIntents = pikepdf.Array([pdf.make_indirect(intent)])


def _find_resources(node: Any) -> Any:
    for _ in range(_DEPTH):
        if "/Resources" in node or "/Parent" not in node:
            break
        node = node.Parent
    return node.get("/Resources", pikepdf.Dictionary())


def _list_held(root: Any) -> Iterator[Any]:
    """The dictionaries, streams and arrays that a catalogue leads to, each once; nothing leads to the rest."""
    waiting, seen = [root], {root.objgen}
    while waiting:
        one = waiting.pop()
        yield one
        for part in one if isinstance(one, pikepdf.Array) else [part for _, part in one.items()]:
            if not isinstance(part, (pikepdf.Array, pikepdf.Dictionary, pikepdf.Stream)):
                continue
            if not part.is_indirect:
                waiting.append(part)
            elif part.objgen not in seen:
                seen.add(part.objgen)
                waiting.append(part)


def _list_annotations(page: Any) -> list[Any]:
    """What a page lists as its annotations and is one; readers pass over the rest."""
    found = page.get("/Annots")
    return (
        [one for one in found if isinstance(one, pikepdf.Dictionary)]
        if isinstance(found, pikepdf.Array)
        else []
    )


def _name(one: Any, key: str) -> str:
    value = one.get(key)
    return str(value) if isinstance(value, pikepdf.Name) else ""


def _filters(one: Any) -> set[str]:
    value = one.get("/Filter", ())
    return {str(value)} if isinstance(value, pikepdf.Name) else {str(part) for part in value}


def _is_outside(one: Any) -> bool:
    return isinstance(one, pikepdf.Stream) and any(key in one for key in ("/F", "/FFilter", "/FDecodeParms"))


def _is_packed_otherwise(one: Any) -> bool:
    return isinstance(one, pikepdf.Stream) and bool(_filters(one) & {"/LZWDecode", "/Crypt"})


def _is_cmyk(one: Any) -> bool:
    """Whether it names a colour space that the intent, of red, green and blue, does not tell."""
    parts = list(one) if isinstance(one, pikepdf.Array) else [part for _, part in one.items()]
    return any(isinstance(part, pikepdf.Name) and str(part) == "/DeviceCMYK" for part in parts)


def _is_state(one: Any) -> bool:
    """Whether it says how is drawn; its type need not be told."""
    kind = _name(one, "/Type")
    is_told = kind == "/ExtGState"
    is_mask = kind == "/Mask" or _name(one, "/S") in {"/Alpha", "/Luminosity"}
    return is_told or not (kind or is_mask or "/Subtype" in one)


def _transfers(one: Any) -> bool:
    return _is_state(one) and ("/TR" in one or "/HTP" in one or _name(one, "/TR2") not in {"", "/Default"})


def _is_odd_picture(one: Any) -> bool:
    """Whether a picture has others in its place, is smoothed, or is JPEG 2000, which is not looked into."""
    is_picture = _name(one, "/Subtype") == "/Image"
    return is_picture and (
        "/Alternates" in one
        or "/OPI" in one
        or one.get("/Interpolate", False) is True
        or "/JPXDecode" in _filters(one)
    )


def _is_foreign_form(one: Any) -> bool:
    kind = _name(one, "/Subtype")
    return kind == "/PS" or (kind == "/Form" and any(key in one for key in ("/OPI", "/PS", "/Ref")))


def _blends(one: Any) -> bool:
    told = one.get("/BM", ()) if _is_state(one) else ()
    return (
        not {str(mode) for mode in (told if isinstance(told, pikepdf.Array) else [told] if told else [])}
        <= _BLENDS
    )


def _is_font(one: Any) -> bool:
    return _name(one, "/Subtype") in _FONTS and _name(one, "/Type") in {"", "/Font"}


def _is_font_left_out(one: Any) -> bool:
    """Whether a font's glyphs are not in the file."""
    if not _is_font(one) or _name(one, "/Subtype") == "/Type0":
        return False
    described = one.get("/FontDescriptor", {})
    return not any(key in described for key in ("/FontFile", "/FontFile2", "/FontFile3"))


def _says_nothing(one: Any) -> bool:
    """Whether nobody knows what the characters of a font are."""
    is_inner = _name(one, "/Subtype") in {"/CIDFontType0", "/CIDFontType2"}
    return (
        _is_font(one)
        and not is_inner
        and "/ToUnicode" not in one
        and _name(one, "/Encoding") not in _ENCODINGS
    )


def _acts(one: Any) -> bool:
    kind = _name(one, "/S")
    return kind in _ACTIONS or (kind == "/Named" and _name(one, "/N") not in _NAMED)


def _is_hidden(annotation: Any) -> bool:
    flags = int(annotation.get("/F", 0))
    return _name(annotation, "/Subtype") != "/Popup" and (not flags & _PRINT or bool(flags & _UNSEEN))


def _is_unseen(annotation: Any) -> bool:
    """Whether an annotation that takes up room does not say how it looks."""
    if _name(annotation, "/Subtype") in {"/Popup", "/Link"}:
        return False
    left, bottom, right, top = (float(edge) for edge in annotation.get("/Rect", (0, 0, 0, 0)))
    return (left != right or bottom != top) and "/N" not in annotation.get("/AP", {})


def _has(*path: str) -> Callable[[Any], bool]:
    """Whether there is something at the end of a path of keys, and more than nothing."""

    def look(one: Any) -> bool:
        for key in path:
            if not isinstance(one, (pikepdf.Dictionary, pikepdf.Stream)) or key not in one:
                return False
            one = one[key]
        return one is not False

    return look


#: By the clause what offends it in the catalogue, in any dictionary or stream, in these and arrays, in an annotation.
_OF_ROOT: Mapping[str, Callable[[Any], bool]] = {
    "6.4.1": _has("/AcroForm", "/NeedAppearances"),
    "6.4.2": lambda root: _has("/AcroForm", "/XFA")(root) or _has("/NeedsRendering")(root),
    "6.8": _has("/Names", "/EmbeddedFiles"),
    "6.9": _has("/OCProperties", "/D", "/AS"),
    "6.10": _has("/Names", "/AlternatePresentations"),
    "6.11": _has("/Requirements"),
}
_OF_OBJECTS: Mapping[str, Callable[[Any], bool]] = {
    "6.1.7.1": _is_outside,
    "6.1.7.2": _is_packed_otherwise,
    "6.2.5": _transfers,
    "6.2.8": _is_odd_picture,
    "6.2.9": _is_foreign_form,
    "6.2.10": _blends,
    "6.2.11.4": _is_font_left_out,
    "6.2.11.7": _says_nothing,
    "6.5.1": _acts,
    "6.5.2": _has("/AA"),
    "6.8": _has("/EF"),
}
_OF_ALL: Mapping[str, Callable[[Any], bool]] = {"6.2.4.3": _is_cmyk}
_OF_ANNOTATIONS: Mapping[str, Callable[[Any], bool]] = {
    "6.3.1": lambda annotation: _name(annotation, "/Subtype") not in _ANNOTATIONS,
    "6.3.2": _is_hidden,
    "6.3.3": _is_unseen,
    "6.4.1": lambda annotation: _name(annotation, "/Subtype") == "/Widget" and "/A" in annotation,
}
