"""What stands against PDF/A-2u, clause by clause of ISO 19005-2; veraPDF is no wheel and cannot be asked here."""

from __future__ import annotations

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from extractor.output.archival import find_faults, is_archival, make_archival


@pytest.fixture
def pdf():
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(300, 400))
        yield document


def add_font(pdf, **told):
    font = Dictionary(Type=Name.Font, Subtype=Name.TrueType, BaseFont=Name.Own, Encoding=Name.WinAnsiEncoding)
    described = {"FontFile2": pdf.make_stream(b"font")} if told.pop("held", True) else {}
    font.FontDescriptor = pdf.make_indirect(Dictionary(Type=Name.FontDescriptor, **described))
    for key, value in told.items():
        font[f"/{key}"] = value
    pdf.pages[0].obj.Resources = Dictionary(Font=Dictionary(F=pdf.make_indirect(font)))


def add_picture(pdf, **told):
    picture = pdf.make_stream(
        b"\x00", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, BitsPerComponent=8
    )
    for key, value in ({"ColorSpace": Name.DeviceGray} | told).items():
        picture[f"/{key}"] = value
    pdf.pages[0].add_resource(picture, Name.XObject)


def add_annotation(pdf, **told):
    own = {"Type": Name.Annot, "Subtype": Name.Square, "F": 4, "Rect": [0, 0, 0, 0]} | told
    pdf.pages[0].obj.Annots = Array([Dictionary(**own)])


def add_state(pdf, **told):
    state = pdf.make_indirect(Dictionary(Type=Name.ExtGState, **told))
    pdf.pages[0].obj.Resources = Dictionary(ExtGState=Dictionary(G=state))


def set_resource(pdf, kind, value):
    pdf.pages[0].obj.Resources = Dictionary({kind: Dictionary(A=pdf.make_indirect(value))})


def add_metadata(pdf):
    with pdf.open_metadata() as metadata:
        metadata.register_xml_namespace("http://ns.adobe.com/pdfx/1.3/", "pdfx")
        metadata["{http://ns.adobe.com/pdfx/1.3/}SourceModified"] = "D:2024"


def set_root(pdf, **told):
    for key, value in told.items():
        pdf.Root[f"/{key}"] = value


_ACT = Dictionary(S=Name.JavaScript, JS="app.alert(1)")


@pytest.mark.parametrize(
    ("clause", "offend"),
    [
        ("6.1.7.1", lambda pdf: add_picture(pdf, F="elsewhere.jpg")),
        ("6.1.7.2", lambda pdf: add_picture(pdf, Filter=Array([Name.ASCIIHexDecode, Name.LZWDecode]))),
        ("6.2.4.3", lambda pdf: add_picture(pdf, ColorSpace=Name.DeviceCMYK)),
        (
            "6.2.4.3",
            lambda pdf: add_picture(pdf, ColorSpace=Array([Name.Indexed, Name.DeviceCMYK, 0, b"0000"])),
        ),
        (
            "6.2.4.3",
            lambda pdf: set_resource(pdf, "/ColorSpace", Array([Name.Separation, Name.All, Name.DeviceCMYK])),
        ),
        ("6.2.4.3", lambda pdf: pdf.pages[0].obj.__setitem__("/Group", Dictionary(CS=Name.DeviceCMYK))),
        ("6.2.5", lambda pdf: set_resource(pdf, "/ExtGState", Dictionary(TR=Name.Identity))),
        ("6.2.10", lambda pdf: set_resource(pdf, "/ExtGState", Dictionary(BM=Array([Name.Dissolve])))),
        (
            "6.2.11.4",
            lambda pdf: set_resource(
                pdf, "/Font", Dictionary(Subtype=Name.Type1, Encoding=Name.WinAnsiEncoding)
            ),
        ),
        (
            "6.2.11.4",
            lambda pdf: set_resource(
                pdf, "/Font", Dictionary(Subtype=Name.Type1, Encoding=Name.WinAnsiEncoding, FontDescriptor=3)
            ),
        ),
        ("6.3.2", lambda pdf: add_annotation(pdf, F=Name.X)),
        ("6.3.3", lambda pdf: add_annotation(pdf, Rect=[0, 0, 9])),
        ("6.3.3", lambda pdf: add_annotation(pdf, Rect=[0, 0, 9, 9], AP=3)),
        ("6.4.1", lambda pdf: add_annotation(pdf, Subtype=Name.Widget, A=Dictionary(S=Name.GoTo))),
        ("6.6.2.3", add_metadata),
        (
            "6.8",
            lambda pdf: add_annotation(
                pdf, Subtype=Name.FileAttachment, FS=Dictionary(EF=Dictionary(F=pdf.make_stream(b"MZ")))
            ),
        ),
        ("6.2.5", lambda pdf: add_state(pdf, TR=Name.Identity)),
        ("6.2.8", lambda pdf: add_picture(pdf, Filter=Name.JPXDecode)),
        ("6.2.9", lambda pdf: add_picture(pdf, Subtype=Name.PS)),
        ("6.2.10", lambda pdf: add_state(pdf, BM=Name.Dissolve)),
        ("6.2.11.4", lambda pdf: add_font(pdf, held=False)),
        ("6.2.11.7", lambda pdf: add_font(pdf, Encoding=Dictionary(Differences=[1, Name.g1]))),
        ("6.3.1", lambda pdf: add_annotation(pdf, Subtype=Name.Movie)),
        ("6.3.2", lambda pdf: add_annotation(pdf, F=6)),
        ("6.3.3", lambda pdf: add_annotation(pdf, Rect=[0, 0, 9, 9])),
        ("6.4.1", lambda pdf: set_root(pdf, AcroForm=Dictionary(NeedAppearances=True))),
        ("6.4.2", lambda pdf: set_root(pdf, AcroForm=Dictionary(XFA=pdf.make_stream(b"<xdp/>")))),
        ("6.5.1", lambda pdf: add_annotation(pdf, Subtype=Name.Link, A=_ACT)),
        ("6.5.2", lambda pdf: add_annotation(pdf, AA=Dictionary(E=Dictionary(S=Name.GoTo)))),
        ("6.8", lambda pdf: pdf.attachments.__setitem__("a.txt", b"a")),
        ("6.9", lambda pdf: set_root(pdf, OCProperties=Dictionary(D=Dictionary(AS=Array())))),
        ("6.10", lambda pdf: pdf.pages[0].obj.__setitem__("/PresSteps", Dictionary())),
        ("6.11", lambda pdf: set_root(pdf, Requirements=Array())),
    ],
)
def test_what_a_source_brings_along_is_told_by_its_clause_and_nothing_is_declared(pdf, clause, offend):
    assert find_faults(pdf) == ()
    offend(pdf)
    # Nor is it what its source says that it is.
    with pdf.open_metadata() as metadata:
        metadata["pdfaid:part"], metadata["pdfaid:conformance"], metadata["pdfaid:amd"] = "1", "B", "2005"
    assert make_archival(pdf) == (clause,)
    assert not [key for key in pdf.open_metadata() if "pdfa" in key]


def test_what_can_be_mended_is(pdf):
    add_picture(pdf, Interpolate=True)
    pdf.Root.OpenAction = _ACT
    pdf.pages[0].obj.AA = pdf.make_indirect(Dictionary(O=_ACT))
    assert find_faults(pdf) == ("6.2.8", "6.5.1", "6.5.2")
    assert make_archival(pdf) == ()
    assert pdf.open_metadata().pdfa_status == "2U"


@pytest.mark.parametrize("listed", [Array([None, 5]), 5])
def test_what_is_no_annotation_is_passed_over(pdf, listed):
    pdf.pages[0].obj.Annots = listed
    assert make_archival(pdf) == ()


def test_what_a_page_inherits_becomes_its_own(pdf):
    pdf.Root.Pages.Resources = Dictionary(Font=Dictionary())
    del pdf.pages[0].obj.Resources
    assert make_archival(pdf) == ()
    assert "/Font" in pdf.pages[0].obj.Resources


def test_a_file_under_a_password_is_none(pdf):
    with pdf.open_metadata() as metadata:
        metadata["pdfaid:part"], metadata["pdfaid:conformance"] = "1", "B"
    assert make_archival(pdf, is_locked=True) == ("6.1.3",)
    assert pdf.open_metadata().pdfa_status == ""


def test_what_a_file_says_of_itself_is_read(pdf, tmp_path):
    path = tmp_path / "a.pdf"
    pdf.save(path)
    assert not is_archival(path)
    make_archival(pdf)
    pdf.save(path)
    assert is_archival(path)
    path.write_bytes(b"no PDF")
    assert not is_archival(path)
