"""Forms of one's own under other labels than the document's: python benchmarks/other_labels.py [--keep DIR].

Every line of `other_labels.tsv` is a label of a form and another one that a document prints in its place: near ones
differ in a letter or two, far ones in nearly all, added ones have words more. A form is made for each document, which
prints one row and one column under another label, once born digital and once scanned, damaged in one of four ways.
How many of these rows and columns were accepted as the form's, were in review, or missing; how many were named by a
finding; and what became of the other fields.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from extractor.forms.definition import normalise
from extractor.pipeline import extract_document
from extractor.values.reason import FindingCode
from extractor.values.result import FieldStatus, Kind, Report
from fixtures.generator.binding import bind_pages
from fixtures.generator.blocks import PrintedReport, PrintedTable, TableCell, TextBlock
from fixtures.generator.canvas import engine as canvas
from fixtures.generator.damage.pipeline import choose_drawing_dpi, damage_pages
from fixtures.generator.html import engine as html
from fixtures.generator.randomness import Random, open_stream
from fixtures.generator.specs import DamageSpec, LayoutSpec
from workers.reading.options import Loaded, ReadOptions

_LIST = Path(__file__).with_suffix(".tsv")
_ORGAN = "东湖区统计局"
_LAYOUT = LayoutSpec(body_size=11.0, table_size=11.0, padding=3.0)
#: An ordinary scan, a copier's two tones, a coarse slanted one, a grainy one.
_DAMAGE = (
    DamageSpec(dpi=200, skew=0.6, noise=4.0, blur=0.05, jpeg=80),
    DamageSpec(dpi=300, mode="bilevel", skew=-0.5, speckle=0.6),
    DamageSpec(dpi=150, skew=-1.1, noise=6.0, blur=0.04, jpeg=65),
    DamageSpec(dpi=200, skew=-0.8, noise=9.0, texture=8.0, contrast=0.7),
)
#: Labels that stand on both sides, none of them near any of the list.
_COLUMNS = ("册页", "班组", "套件", "场馆")
_ROWS = ("蔬菜大棚", "渔业养殖", "桥梁隧道", "剧院演出", "矿山复绿")
_TOTAL = "合计"
#: Columns of the forms, in turn; of three and more the last is the total of the others.
_WIDTHS = (2, 3, 5, 1)


@dataclass(frozen=True, slots=True)
class Pair:
    """A label of a form and another one in its place. of: row or column. how: near, far or added."""

    of: str
    how: str
    form: str
    document: str


@dataclass(frozen=True, slots=True)
class Case:
    """One form and document. columns, rows: labels of the form; row, column: places of those printed otherwise."""

    number: int
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    row: int
    column: int
    of_row: Pair
    of_column: Pair
    figures: tuple[tuple[int, ...], ...]

    def write_form(self, folder: Path) -> Path:
        """Writes the form's file, as a user would have it."""
        block = {
            "field": "t.{row}.{column}",
            "label_columns": ["项目"],
            "columns": [{"id": f"c{i}", "label": label} for i, label in enumerate(self.columns)],
            "rows": [{"id": f"r{i}", "label": label} for i, label in enumerate(self.rows)],
        }
        form: dict[str, object] = {
            "id": "own",
            "title": "情况表",
            "tables": [{"id": "t", "blocks": [block]}],
        }
        if len(self.columns) > 2:
            last = len(self.columns) - 1
            form["identities"] = [
                {
                    "id": f"sum.r{r}",
                    "left": [f"t.r{r}.c{c}" for c in range(last)],
                    "right": [f"t.r{r}.c{last}"],
                }
                for r in range(len(self.rows))
            ]
        path = folder / f"{self.number:03}.yaml"
        # JSON is YAML.
        path.write_text(json.dumps(form, ensure_ascii=False, indent=1), encoding="utf-8")
        return path

    def print_report(self) -> PrintedReport:
        """What the document prints: the form's table with a row and a column under other labels."""
        columns, rows = list(self.columns), list(self.rows)
        columns[self.column], rows[self.row] = self.of_column.document, self.of_row.document
        cells = [TableCell(0, i, text, role="head") for i, text in enumerate(("项目", *columns))]
        for r, label in enumerate(rows):
            cells.append(TableCell(r + 1, 0, label, role="entry"))
            cells += [
                TableCell(r + 1, c + 1, str(figure), role="number")
                for c, figure in enumerate(self.figures[r])
            ]
        width = 0.7 / len(columns)
        table = PrintedTable("settlement", (0.3, *[width] * len(columns)), len(rows) + 1, 1, tuple(cells))
        title = TextBlock("title", f"{_ORGAN}2023年度统计年报")
        return PrintedReport((title, TextBlock("heading", "情况表"), table), _ORGAN, 2023)

    def print_pdf(self, kind: str) -> bytes:
        """The document, born digital or scanned."""
        rng = open_stream(self.number, "layout")
        if kind == "digital":
            return html.print_report(self.print_report(), replace(_LAYOUT, engine="html"), rng)
        damage = _DAMAGE[self.number % len(_DAMAGE)]
        drawn = canvas.print_pages(self.print_report(), _LAYOUT, rng, choose_drawing_dpi(damage))
        return bind_pages(damage_pages(drawn, damage, self.number, _ORGAN))


def list_pairs() -> list[Pair]:
    """The pairs of the list, in its order."""
    with _LIST.open(encoding="utf-8", newline="") as stream:
        return [Pair(**line) for line in csv.DictReader(stream, delimiter="\t")]


def make_cases(pairs: Sequence[Pair]) -> Iterator[Case]:
    """A case for every pair of a column with one of a row, as near or far as that."""
    for how in ("near", "far", "added"):
        of = {
            name: [pair for pair in pairs if (pair.of, pair.how) == (name, how)] for name in ("row", "column")
        }
        if len(of["row"]) != len(of["column"]):
            raise SystemExit(
                f"{_LIST}: {how}: as many rows as columns are needed, not {list(map(len, of.values()))}"
            )
        for row, column in zip(of["row"], of["column"], strict=True):
            yield make_case(pairs.index(row), row, column)


def make_case(number: int, of_row: Pair, of_column: Pair) -> Case:
    """The form and figures of a case; everything follows from its number."""
    rng = open_stream(number, "other labels")
    width = _WIDTHS[number % len(_WIDTHS)]
    has_total = width > 2
    parts = width - has_total
    column, row = int(rng.integers(parts)), int(rng.integers(len(_ROWS) + 1))
    columns = list(_COLUMNS[: parts - 1])
    columns.insert(column, of_column.form)
    rows = list(_ROWS)
    rows.insert(row, of_row.form)
    figures = tuple(_draw_row(rng, parts, has_total=has_total) for _ in rows)
    labels = (*columns, _TOTAL) if has_total else tuple(columns)
    return Case(number, labels, tuple(rows), row, column, of_row, of_column, figures)


def _draw_row(rng: Random, parts: int, *, has_total: bool) -> tuple[int, ...]:
    figures = [int(rng.integers(10 ** int(rng.integers(1, 4)), 10_000)) for _ in range(parts)]
    return (*figures, sum(figures)) if has_total else tuple(figures)


def judge(case: Case, reports: Sequence[Report]) -> dict[str, Counter[str]]:
    """By row, column and rest: what became of the fields, and whether a finding names the row and the column."""
    counts = {name: Counter[str]() for name in ("row", "column", "rest")}
    report = reports[0] if reports else None
    for r in range(len(case.rows)):
        for c in range(len(case.columns)):
            field = report.by_id.get(f"t.r{r}.c{c}") if report else None
            if field is None or field.kind is Kind.MISSING:
                state = "missing"
            else:
                state = "accepted" if field.status is FieldStatus.ACCEPTED else "review"
            if r != case.row and c != case.column:
                counts["rest"][state] += 1
                counts["rest"]["silent"] += state == "accepted" and field.value != case.figures[r][c]
            for name, is_in in (("row", r == case.row), ("column", c == case.column)):
                counts[name][state] += is_in
    told = [
        normalise(str(found.parameters.get("label") or found.parameters.get("words", "")))
        for found in (report.findings if report else ())
        if found.code in (FindingCode.UNKNOWN_ROW, FindingCode.UNKNOWN_COLUMN)
    ]
    for name, pair in (("row", case.of_row), ("column", case.of_column)):
        counts[name]["named"] += normalise(pair.document) in told
        counts[name]["pairs"] += 1
        counts[name]["accepted pairs"] += counts[name]["accepted"] > 0
    return counts


def read_case(case: Case, kind: str, folder: Path, loaded: Loaded) -> dict[str, Counter[str]]:
    """What becomes of one document."""
    pdf = folder / f"{case.number:03}-{kind}.pdf"
    pdf.write_bytes(case.print_pdf(kind))
    options = replace(loaded.options, forms=(case.write_form(folder),))
    result = extract_document(pdf, name=pdf.name, readers=loaded.readers, options=options)
    return judge(case, result.reports)


def main() -> int:
    """Prints a line for every kind; returns 1 where any was accepted as the form's, else 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", type=Path, help="folder for the documents and forms")
    parser.add_argument("--every", type=int, default=1, help="only every n-th case")
    arguments = parser.parse_args()
    loaded = ReadOptions().load()
    totals: dict[tuple[str, str, str], Counter[str]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for case in islice(make_cases(list_pairs()), 0, None, arguments.every):
            for kind in ("digital", "scanned"):
                for name, counts in read_case(case, kind, folder, loaded).items():
                    totals.setdefault((name, case.of_row.how, kind), Counter()).update(counts)
                    if counts["accepted pairs"] or counts["silent"]:
                        sys.stderr.write(f"{case.number:03}-{kind} {name}: {dict(counts)}\n")
    for key in sorted(totals):
        sys.stdout.write(f"{' '.join(key)}: {dict(totals[key])}\n")
    return int(any(counts["accepted pairs"] for counts in totals.values()))


if __name__ == "__main__":
    sys.exit(main())
