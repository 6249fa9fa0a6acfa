"""A form, and a specimen of it that nobody has to recognise."""

from __future__ import annotations

from pathlib import Path

from extractor.seams.engine import NullEngine
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.values.page import Page, PageKind
from tests.extractor.drawn import blank_image
from tests.extractor.printed import lay_out
from tests.table_pdfs import write_table
from workers.reading.specimen import Specimen

ROWS = [
    ["项目", "年初数", "年末数"],
    ["货币资金", "10", "20"],
    ["应收账款", "30", "41"],
    ["存货", "5", "6"],
    ["资产总计", "45", "67"],
]
FORM = """\
# What this is, in a comment at the top.
id: mine
title: 资产情况表
tables:
- id: t1
  title: 资产情况表
  blocks:
  - field: "t1.{row}.{column}"      # ids of the fields
    label_columns: [项目]
    columns:
    - {id: c1, label: 年初数}
    - {id: c2, label: 年未数}        # misread
    rows:
    - {id: r1, label: 货币资金}
    - {id: r2, label: 应收账欺}
    # Goods.
    - {id: r3, label: 存货}
    - {id: r4, label: "资产总计"}
identities:
- id: "t1.r4.{column}"
  columns: t1
  left: ["t1.r1.{column}", "t1.r2.{column}", "t1.r3.{column}"]
  right: ["t1.r4.{column}"]
"""


def write_form(folder: Path) -> Path:
    """The form as a file."""
    path = folder / "mine.yaml"
    path.write_text(FORM, encoding="utf-8")
    return path


def make_specimen(folder: Path) -> Specimen:
    """A page with one table."""
    pdf = write_table(folder / "specimen.pdf", "资产情况表", ROWS).read_bytes()
    page = Page(1, PageKind.TEXT, 595.0, 842.0, blank_image(dpi=144.0), (lay_out(ROWS),), ())
    return Specimen("specimen.pdf", pdf, [page], Readers(NullEngine(), None, None), Options().judge)  # type: ignore[arg-type]
