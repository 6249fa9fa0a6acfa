"""What each named number of `extractor/` changes: python benchmarks/sensitivity.py [PDF or FOLDER…] [--stage NAME].

Every number is turned down and up by a fifth (whole ones by 1 at least), alone, and each document is taken through
`extractor run`'s own way again, from the first stage that reads the number (`kept_values`). For each number the table
tells on how many documents it is read at all and, for both ways, on how many the result is another one, how many
fields have another value or kind, how many went from accepted to review or back, and by how much a confidence moved
at most. With --pages-only, of the stages in `_ANYTHING` it tells only whether a page comes out differently: the first
document on which one does is the last that is looked at, and fields, statuses and confidences stay empty.

Documents are taken one after the other, and the table is written after each. A run that is started again with the
same documents in the same order goes on behind those the table has (`seen`). Made documents come from
`python -m fixtures.generator --output DIR --count 4 --seed 31 --profile office --form gio-2021,gio-2019,gio-2014`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from kept_values import Keeper, KeptEngine, Reached
from named_numbers import Number, Numbers
from turned_effects import Row, compare, read_table, write_table

from extractor.pipeline import extract_document
from extractor.seams.calibrator import ERROR_BUDGET
from extractor.seams.options import Options
from extractor.seams.readers import Readers
from extractor.values.result import Result

#: Functions of the package whose values are kept between the stages, in the order of the way.
_SEAMS = """
    Document.measure Document.render TextLayer.read_page
    straighten_page flatten_light erase_edges darken_pale is_blank measure_skew find_rotation
    label_page find_warp find_rulings fit_warp lift_seals find_grids
    read_page separate_ink part_cells is_run_together find_text_grids without_remains find_lines
    find_reports read_report decode_report
    list_rows complete_lone match_tables fill_slots part_shared
    decode_slots list_options decode find_unvouched ask_second
    make_report tell_confidences explain list_lines read_passages find_statements
"""

#: Stages: the folders of the package, where a number of a run may stand, and what stands on top of them. Numbers of
#: other folders are "outside": no document of a run passes there.
_STAGES = (
    "seams",
    "values",
    "scan",
    "rulings",
    "ink",
    "layout",
    "reading",
    "matching",
    "deciding",
    "trust",
    "prose",
)
_WHOLE = ("reports", "reread", "pipeline")
#: Stages of which --pages-only asks whether a number changes any page, and no more.
_ANYTHING = ("scan", "rulings", "ink", "layout")


def stage_of(module: str) -> str:
    """The stage that a module of the package belongs to."""
    home = module.split(".")[1]
    return "whole" if home in _WHOLE else home if home in _STAGES else "outside"


class Bench:
    """Takes documents through their way with one number or another turned."""

    def __init__(self, numbers: Numbers, *, pages_only: bool) -> None:
        from models.calibration import load_judge
        from models.engines import load_readers
        from models.prose import load_finder

        self.numbers, self._ends_at_pages = numbers, _ANYTHING if pages_only else ()
        found = load_readers()
        self._engines = [KeptEngine(engine) for engine in (found.engine, found.second) if engine is not None]
        self._readers = Readers(self._engines[0], self._engines[1], found.labeller)
        self._options = Options(judge=load_judge(ERROR_BUDGET), finder=load_finder())
        self._keeper = Keeper(numbers, _SEAMS.split())

    def look_at(
        self, pdf: Path, place: int, table: Sequence[tuple[Number, Row]], save: Callable[[], None]
    ) -> None:
        """Turn all numbers that have not seen this document, the one of that place in the list."""
        waiting = [(number, row) for number, row in table if row.seen == place and not row.changes_pages]
        if not waiting:
            return
        for engine in self._engines:
            engine.forget()
        start = time.monotonic()
        with self._keeper.first_time() as used:
            before = self._extract(pdf)
        note(f"{pdf.name}: {time.monotonic() - start:.0f} s, {len(used)} names used, {len(waiting)} numbers")
        start = time.monotonic()
        for number, row in waiting:
            if number.named in used:
                row.used += 1
                begun = time.monotonic()
                self._turn_both(pdf, before, number, row)
                if time.monotonic() - begun > 20:
                    note(f"  {number.module} {number.name}: {time.monotonic() - begun:.0f} s")
            row.seen += 1
        spoiled = self._keeper.find_spoiled()
        note(
            f"  {time.monotonic() - start:.0f} s" + (f"; values changed later: {spoiled}" if spoiled else "")
        )
        save()

    def _turn_both(self, pdf: Path, before: Result, number: Number, row: Row) -> None:
        for way, effect in ((-1, row.down), (1, row.up)):
            if row.changes_pages:
                return
            only_pages = row.stage in self._ends_at_pages
            with (
                self.numbers.turn(number, number.turned(way)),
                self._keeper.turned(number.named, stops_at_pages=only_pages),
            ):
                try:
                    effect.add(compare(before, self._extract(pdf)))
                except Reached:
                    row.changes_pages = True
                except Exception as error:  # noqa: BLE001 - whatever a turned number brings about is told
                    effect.documents += 1
                    row.raised.add(type(error).__name__)
            row.inside |= self._keeper.differing
            row.changes_pages |= only_pages and bool(effect.documents)

    def _extract(self, pdf: Path) -> Result:
        result = extract_document(pdf, name=pdf.name, readers=self._readers, options=self._options)
        return replace(result, timing={})


def note(text: str) -> None:
    """Progress, for those who watch."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


def _make_rows(
    numbers: Numbers, kept: Mapping[tuple[str, ...], Mapping[str, str]]
) -> list[tuple[Number, Row]]:
    table = []
    for number in numbers.all:
        position = ".".join(map(str, number.place))
        stage, down, up = stage_of(number.module), number.turned(-1), number.turned(1)
        row = Row(stage, number.module, number.name, position, number.value, down, up)
        row.is_bound = number.named in numbers.bound
        told = kept.get((number.module, number.name, position))
        if told is not None:
            row.take(told)
        table.append((number, row))
    return table


def _list_documents(paths: Sequence[Path]) -> list[Path]:
    return [pdf for path in paths for pdf in (sorted(path.glob("*.pdf")) if path.is_dir() else [path])]


def main() -> int:
    """Writes the table; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    root = Path(__file__).parents[1]
    parser.add_argument("paths", type=Path, nargs="*", default=[root / "fixtures" / "scans"])
    parser.add_argument(
        "--stage", action="append", help=f"only this: {', '.join((*_STAGES, 'whole', 'outside'))}"
    )
    parser.add_argument("--pages-only", action="store_true", help="stop at pages that come out differently")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".tsv"))
    arguments = parser.parse_args()
    bench = Bench(Numbers(), pages_only=arguments.pages_only)
    table = _make_rows(bench.numbers, read_table(arguments.output))
    chosen = [(n, row) for n, row in table if not arguments.stage or row.stage in arguments.stage]

    def save() -> None:
        draft = arguments.output.with_suffix(".part")
        with draft.open("w", encoding="utf-8", newline="") as file:
            write_table((row for _, row in table), file)
        draft.replace(arguments.output)

    note(f"{len(table)} named numbers, {sum(bench.numbers.inline.values())} inline, {len(chosen)} to turn")
    for place, pdf in enumerate(_list_documents(arguments.paths)):
        bench.look_at(pdf, place, chosen, save)
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    sys.exit(main())
