"""Forms drafted from drawn specimens of twenty kinds: python benchmarks/drafts.py [--keep DIR] [--only NAME].

A form is drafted from every specimen and reads it; exact is one that reads every figure as it is printed, in the
order of tables, halves, rows and columns, and no other. What it says it is unsure of is counted: a figure that is
read otherwise and not told is one too many. Returns 1 where fewer than eighteen are exact.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from extractor.drafting.tables import draft_tables
from extractor.drafting.yaml_file import write_draft
from extractor.forms.definition import parse_form
from extractor.pipeline import extract_document, read_pages
from extractor.seams.errors import DocumentError, UsageError
from extractor.values.result import FieldStatus
from fixtures.generator.binding import bind_pages
from fixtures.generator.blocks import Block, PrintedReport, PrintedTable, TableCell, TextBlock
from fixtures.generator.canvas import engine as canvas
from fixtures.generator.damage.pipeline import choose_drawing_dpi, damage_pages
from fixtures.generator.html import engine as html
from fixtures.generator.randomness import Random, open_stream
from fixtures.generator.settlement_tables import make_table
from fixtures.generator.specs import DamageSpec, LayoutSpec
from tests.table_pdfs import scan, write_table
from workers.reading.options import Loaded, ReadOptions

_ENOUGH = 18
_LAYOUT = LayoutSpec(body_size=10.0, table_size=9.0, padding=2.4)
_SCAN = DamageSpec(dpi=200, skew=0.6, noise=4.0, blur=0.05, jpeg=80)
_GRAINY = DamageSpec(dpi=200, skew=-0.8, noise=9.0, texture=8.0, contrast=0.7)
_BILEVEL = DamageSpec(dpi=300, mode="bilevel", skew=-0.5, speckle=0.6)
_ITEMS = (
    "货币资金", "短期投资", "应收账款", "预付账款", "存货", "固定资产", "在建工程", "无形资产", "长期待摊费用",
    "政府储备物资", "公共基础设施", "保障性住房", "文物文化资产", "受托代理资产",
)  # fmt: skip
_DEBTS = (
    "短期借款",
    "应付账款",
    "预收账款",
    "应缴税费",
    "长期借款",
    "长期应付款",
    "预计负债",
    "受托代理负债",
)
_LATIN = (
    "GDP",
    "CPI",
    "PPI",
    "R&D intensity",
    "PM2.5",
    "Internet users",
    "Wi-Fi hotspots",
    "5G base stations",
)
_CODES = (
    "201",
    "20101",
    "2010101",
    "2010102",
    "208",
    "20805",
    "2080501",
    "2080505",
    "210",
    "21011",
    "2101101",
)
_NAMES = ("一般公共服务支出", "人大事务", "行政运行", "机关服务", "社会保障和就业支出", "养老支出", "行政单位离退休",
          "基本养老保险缴费", "卫生健康支出", "行政事业单位医疗", "行政单位医疗")  # fmt: skip


@dataclass(slots=True)
class Specimen:
    """A table to be drawn and the figures that stand in it, in reading order; None for what is left empty.

    damage: None for a PDF with its text.
    """

    title: str
    damage: DamageSpec | None = None
    blocks: list[Block] = field(default_factory=list)
    figures: list[float | None] = field(default_factory=list)
    layout: LayoutSpec = _LAYOUT

    def add(self, table: PrintedTable, halves: Sequence[int] = ()) -> None:
        """Adds a table; halves: the columns at which its halves begin, where it has several."""
        self.blocks.append(table)
        starts = [0, *halves, 10**6]
        for left, right in pairwise(starts):
            own = [cell for cell in table.cells if cell.field_id and left <= cell.column < right]
            for cell in sorted(own, key=lambda one: (one.row, one.column)):
                self.figures.append(float(cell.text.replace(",", "")) if cell.text else None)

    def print_to(self, path: Path, number: int) -> Path:
        """Writes the specimen; returns its file."""
        report = PrintedReport((TextBlock("title", self.title), *self.blocks), "东湖区统计局", 2023)
        rng = open_stream(number, "drafts")
        if self.damage is None:
            path.write_bytes(html.print_report(report, replace(self.layout, engine="html"), rng))
            return path
        drawn = canvas.print_pages(report, self.layout, rng, choose_drawing_dpi(self.damage))
        path.write_bytes(bind_pages(damage_pages(drawn, self.damage, number, "东湖区统计局")))
        return path


def _draw(rng: Random, decimals: int = 0) -> str:
    value = int(rng.integers(100, 10 ** int(rng.integers(3, 7))))
    return f"{value / 10**decimals:.{decimals}f}"


def _number(row: int, column: int, text: str) -> TableCell:
    return TableCell(row, column, text, role="number", field_id="figure")


def _plain(
    rng: Random,
    items: Sequence[str],
    heads: Sequence[str],
    *,
    corner: Sequence[str] = ("项目",),
    decimals: int = 0,
    nothing: float = 0.0,
) -> PrintedTable:
    """A header of one row, then labels and figures; what `corner` has besides the labels numbers the rows."""
    cells = [TableCell(0, i, text, role="head") for i, text in enumerate((*corner, *heads))]
    first = len(corner)
    for row, item in enumerate(items, start=1):
        cells.append(TableCell(row, 0, item, role="entry"))
        cells += [TableCell(row, i, str(row), role="head") for i in range(1, first)]
        for column in range(first, first + len(heads)):
            text = "" if rng.random() < nothing else _draw(rng, decimals)
            cells.append(_number(row, column, text))
    widths = (0.34, *[0.08] * (first - 1), *[(0.66 - 0.08 * (first - 1)) / len(heads)] * len(heads))
    return make_table(widths, len(items) + 1, 1, cells)


def _halves(rng: Random, *, numbered: bool, decimals: int = 2) -> tuple[PrintedTable, int]:
    """资产 on the left, 负债 on the right, with or without 行次; and where the right half begins."""
    heads = ("项目", "行次", "年初数", "年末数") if numbered else ("项目", "年初数", "年末数")
    width, rows = len(heads), max(len(_ITEMS), len(_DEBTS))
    cells = [
        TableCell(0, side * width, text, 1, width, role="head") for side, text in enumerate(("资产", "负债"))
    ]
    for side, items in enumerate((_ITEMS, _DEBTS)):
        start = side * width
        cells += [TableCell(1, start + i, text, role="head") for i, text in enumerate(heads)]
        for row in range(rows):
            at, is_item = row + 2, row < len(items)
            cells.append(TableCell(at, start, items[row] if is_item else "", role="entry"))
            if numbered:
                cells.append(
                    TableCell(at, start + 1, str(row + 1 + side * rows) if is_item else "", role="head")
                )
            for column in range(start + width - 2, start + width):
                cells.append(
                    _number(at, column, _draw(rng, decimals)) if is_item else TableCell(at, column, "")
                )
    widths = ((0.22, 0.06, 0.11, 0.11) if numbered else (0.24, 0.13, 0.13)) * 2
    return make_table(widths, rows + 2, 2, cells), width


def _levels(rng: Random, *, counted: bool = False) -> PrintedTable:
    """Headers of three levels, 申请人情况 above 法人或其他组织 above its kinds; counted: with a row 栏次."""
    leaves = ("企业", "科研机构", "公益组织", "其他")
    cells = [
        TableCell(0, 0, "项目", 3, 1, role="head"), TableCell(0, 1, "申请人情况", 1, 5, role="head"),
        TableCell(0, 6, "总计", 3, 1, role="head"), TableCell(1, 1, "自然人", 2, 1, role="head"),
        TableCell(1, 2, "法人或其他组织", 1, 4, role="head"),
        *(TableCell(2, 2 + i, text, role="head") for i, text in enumerate(leaves)),
    ]  # fmt: skip
    first = 3
    if counted:
        cells.append(TableCell(3, 0, "栏次", role="head"))
        cells += [TableCell(3, i, str(i), role="head") for i in range(1, 7)]
        first = 4
    for row, item in enumerate(_ITEMS[:9], start=first):
        cells.append(TableCell(row, 0, item, role="entry"))
        cells += [_number(row, column, _draw(rng)) for column in range(1, 7)]
    return make_table((0.28, *[0.12] * 6), first + 9, first, cells)


def _coded(rng: Random) -> PrintedTable:
    """Codes that nest, with the sums of those below them."""
    leaves = {
        code: [int(rng.integers(100, 1_000_000)) for _ in range(2)] for code in _CODES if len(code) == 7
    }

    def add_up(code: str) -> list[str]:
        own = [figures for leaf, figures in leaves.items() if leaf.startswith(code)]
        return [f"{sum(column) / 100:.2f}" for column in zip(*own, strict=True)]

    cells = [
        TableCell(0, i, t, role="head") for i, t in enumerate(("科目编码", "科目名称", "合计", "基本支出"))
    ]
    cells.append(TableCell(1, 0, "合计", 1, 2, role="entry"))
    cells += [_number(1, 2 + i, text) for i, text in enumerate(add_up(""))]
    for row, (code, name) in enumerate(zip(_CODES, _NAMES, strict=True), start=2):
        cells += [TableCell(row, 0, code, role="entry"), TableCell(row, 1, name, role="entry")]
        cells += [_number(row, 2 + i, text) for i, text in enumerate(add_up(code))]
    return make_table((0.16, 0.34, 0.25, 0.25), len(_CODES) + 2, 1, cells)


def _units(rng: Random) -> PrintedTable:
    """指标 单位 统计数, each row with a unit of its own."""
    units = ("件", "万元", "人", "个", "次")
    cells = [TableCell(0, i, text, role="head") for i, text in enumerate(("统计指标", "单位", "统计数"))]
    for row, item in enumerate(_ITEMS[:8], start=1):
        unit = units[row % len(units)]
        cells += [TableCell(row, 0, item, role="entry"), TableCell(row, 1, unit, role="entry")]
        cells.append(_number(row, 2, _draw(rng, 2 if unit == "万元" else 0)))
    return make_table((0.5, 0.15, 0.35), 9, 1, cells)


def _grouped(rng: Random) -> PrintedTable:
    """Labels in two columns, those on the left beside several rows."""
    cells = [TableCell(0, 0, "项目", 1, 2, role="head")]
    cells += [TableCell(0, 2 + i, text, role="head") for i, text in enumerate(("本年数", "上年数"))]
    for group, start in (("流动资产", 0), ("非流动资产", 5)):
        cells.append(TableCell(start + 1, 0, group, 5, 1, role="entry"))
        for i in range(5):
            cells.append(TableCell(start + i + 1, 1, _ITEMS[start + i], role="entry"))
            cells += [_number(start + i + 1, column, _draw(rng)) for column in (2, 3)]
    return make_table((0.16, 0.34, 0.25, 0.25), 11, 1, cells)


_HEADS = ("年初数", "本年数", "年末数")


def _make(
    title: str, damage: DamageSpec | None, *tables: PrintedTable, note: str = "", **layout: object
) -> Specimen:
    made = Specimen(title, damage, layout=replace(_LAYOUT, **layout))  # type: ignore[arg-type]
    for table in tables:
        made.add(table)
    if note:
        made.blocks.append(TextBlock("note", note))
    return made


def _side_by_side(rng: Random, damage: DamageSpec | None, *, numbered: bool) -> Specimen:
    made = Specimen("东湖区2023年度资产负债情况表", damage)
    table, half = _halves(rng, numbered=numbered)
    made.add(table, (half,))
    return made


def _long(rng: Random, damage: DamageSpec | None) -> Specimen:
    items = [f"{item}{part}" for part in ("本级", "下属单位", "乡镇") for item in _ITEMS]
    return _make("东湖区2023年度资产情况表", damage, _plain(rng, items, _HEADS), padding=5.0)


def _united(rng: Random, damage: DamageSpec | None) -> Specimen:
    made = Specimen("东湖区2023年度资产情况表", damage)
    made.blocks.append(TextBlock("paragraph", "编制单位：东湖区统计局　　单位：万元"))
    made.add(_plain(rng, _ITEMS, _HEADS, decimals=2, nothing=0.2))
    made.blocks.append(TextBlock("note", "注：本表反映年初、年末的资产情况，金额以万元计。"))
    return made


#: What draws a specimen, by its kind.
KINDS: dict[str, Callable[[Random], Specimen]] = {
    "plain": lambda rng: _make("东湖区2023年度资产情况表", None, _plain(rng, _ITEMS, _HEADS)),
    "plain-scan": lambda rng: _make("东湖区2023年度资产情况表", _SCAN, _plain(rng, _ITEMS, _HEADS)),
    "pages": lambda rng: _long(rng, None),
    "pages-scan": lambda rng: _long(rng, _SCAN),
    "halves": lambda rng: _side_by_side(rng, None, numbered=False),
    "halves-scan": lambda rng: _side_by_side(rng, _GRAINY, numbered=False),
    "halves-numbered": lambda rng: _side_by_side(rng, None, numbered=True),
    "halves-numbered-scan": lambda rng: _side_by_side(rng, _SCAN, numbered=True),
    "levels": lambda rng: _make("东湖区2023年度申请情况表", None, _levels(rng)),
    "levels-scan": lambda rng: _make("东湖区2023年度申请情况表", _BILEVEL, _levels(rng)),
    "counted-columns": lambda rng: _make("东湖区2023年度申请情况表", None, _levels(rng, counted=True)),
    "counted-columns-scan": lambda rng: _make("东湖区2023年度申请情况表", _SCAN, _levels(rng, counted=True)),
    "unit-and-note": lambda rng: _united(rng, _SCAN),
    "units-of-rows": lambda rng: _make("东湖区2023年度统计表", None, _units(rng)),
    "latin": lambda rng: _make("东湖区2023年度统计表", None, _plain(rng, _LATIN, ("2022年", "2023年"))),
    "latin-scan": lambda rng: _make("东湖区2023年度统计表", _SCAN, _plain(rng, _LATIN, ("2022年", "2023年"))),
    "codes": lambda rng: _make("东湖区2023年度支出决算表", _SCAN, _coded(rng)),
    "groups-of-rows": lambda rng: _make("东湖区2023年度资产情况表", _SCAN, _grouped(rng)),
}  # fmt: skip


def _write_framed(folder: Path, *, dark: bool) -> tuple[Path, list[float | None]]:
    """A table of framed cells, or one whose header is white on dark, as a spreadsheet makes it; this one scanned."""
    rng = open_stream(int(dark), "drafts framed")
    rows = [["项目", *_HEADS], *[[item, *(_draw(rng) for _ in _HEADS)] for item in _ITEMS[:8]]]
    figures: list[float | None] = [float(text) for row in rows[1:] for text in row[1:]]
    if dark:
        path = write_table(folder / "dark-header.pdf", "东湖区2023年度资产情况表", rows, head=0.25)
        return scan(path), figures
    return write_table(folder / "framed.pdf", "东湖区2023年度资产情况表", rows, apart=3.0), figures


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one draft: figures printed, read as printed in their order, told as unsure, and wrong yet sure."""

    name: str
    printed: int
    right: int
    unsure: int
    untold: int
    fault: str = ""

    @property
    def is_exact(self) -> bool:
        return not self.fault and self.right == self.printed


def read_back(name: str, path: Path, figures: Sequence[float | None], loaded: Loaded) -> Outcome:
    """What the draft of a specimen reads in it."""
    form = path.with_suffix(".yaml")
    try:
        text = write_draft(
            "drafted", path.name, draft_tables(read_pages(path, loaded.readers, loaded.options))
        )
        parse_form(text, form.name)
    except (DocumentError, UsageError) as error:
        return Outcome(name, len(figures), 0, 0, 0, str(error))
    form.write_text(text, encoding="utf-8")
    options = replace(loaded.options, forms=(form,))
    reports = extract_document(path, name=path.name, readers=loaded.readers, options=options).reports
    fields = [one for report in reports if report.form == "drafted" for one in report.fields]
    pairs = list(zip(fields, figures, strict=False))
    wrong = [one for one, figure in pairs if (one.value or None) != (figure or None)]
    unsure = sum(1 for one in fields if one.status is not FieldStatus.ACCEPTED)
    untold = sum(1 for one in wrong if one.status is FieldStatus.ACCEPTED) + abs(len(fields) - len(figures))
    right = len(pairs) - len(wrong) if len(fields) == len(figures) else 0
    return Outcome(name, len(figures), right, unsure, untold)


def main() -> int:
    """Prints a line for every specimen; returns 1 where too few are read back exactly, else 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", type=Path, help="folder for the specimens and drafts")
    parser.add_argument("--only", help="kind of specimen")
    arguments = parser.parse_args()
    loaded = ReadOptions().load()
    outcomes = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        specimens: dict[str, tuple[Path, list[float | None]]] = {}
        for number, (name, draw) in enumerate(KINDS.items()):
            if arguments.only in {None, name}:
                made = draw(open_stream(number, "drafts"))
                specimens[name] = made.print_to(folder / f"{name}.pdf", number), made.figures
        for name, dark in (("framed", False), ("dark-header", True)):
            if arguments.only in {None, name}:
                specimens[name] = _write_framed(folder, dark=dark)
        for name, (path, figures) in specimens.items():
            found = read_back(name, path, figures, loaded)
            outcomes.append(found)
            sys.stdout.write(
                f"{name:22} {found.right:4} of {found.printed:4}  unsure {found.unsure:4}  untold {found.untold:3}"
                f"{'' if found.is_exact else '  NOT EXACT'}  {found.fault}\n"
            )
            sys.stdout.flush()
    exact = sum(1 for found in outcomes if found.is_exact)
    sys.stdout.write(f"{exact} of {len(outcomes)} read their own specimen exactly\n")
    return int(exact < min(_ENOUGH, len(outcomes)))


if __name__ == "__main__":
    sys.exit(main())
