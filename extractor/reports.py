"""Pages of one report → the report: tables matched, fields decoded, prose in sections, findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from extractor.deciding.findings import check_identities
from extractor.deciding.form_findings import find_odd_print, tell_left_out, tell_unknown
from extractor.deciding.second_words import bear_out_columns, bear_out_rows
from extractor.deciding.slot_decoding import decode_slots
from extractor.forms.definition import Form, normalise
from extractor.forms.opening import OpenColumn, OpenRow, date_form, fill_columns, open_form
from extractor.forms.repeating import RepeatedTable, leave_out_repeating, repeat_form
from extractor.forms.sums import choose_identities
from extractor.forms.titles import ReadTitle
from extractor.matching.align import count_bare, match_tables, sure_names
from extractor.matching.columns import fill_slots, find_unknown_columns
from extractor.matching.lone_rows import complete_lone
from extractor.matching.open_columns import find_open_columns
from extractor.matching.opening import find_open_rows
from extractor.matching.overleaf import complete_overleaf
from extractor.matching.repeats import Repeats, find_repeats
from extractor.matching.rows import drop_spare, goes_on, list_rows, split_rows
from extractor.matching.straying import part_shared
from extractor.matching.titles import name_tables
from extractor.matching.units import doubt_units
from extractor.matching.unknown import find_unknown
from extractor.matching.wording import find_latest_year, is_other
from extractor.prose.facts import contradict_fields, contradict_year, find_statements, support_fields
from extractor.prose.heading import (
    PlacedLine,
    find_own_title,
    is_first_heading,
    is_title,
    list_lines,
    read_heading,
)
from extractor.prose.sections import read_passages
from extractor.reading.numbers import parse_content
from extractor.seams.calibrator import Judge
from extractor.seams.engine import OcrEngine
from extractor.seams.statements import FactFinder
from extractor.trust.fields import make_fields
from extractor.values.decoded import Decoded
from extractor.values.geometry import Box
from extractor.values.matched import TableMatch, UnknownColumn
from extractor.values.page import Page, Table
from extractor.values.printed import PrintedRow
from extractor.values.result import FieldStatus, Report, TextField
from extractor.values.slot import Slot

#: Rows whose labels are beyond doubt that a document must have to count as a report.
#: ±20 %: nothing.
_MIN_SURE_ROWS = 3
#: Rows of a table that may state its unit.
#: ±20 %: nothing.
_FIRST_ROWS = 2
#: Rows of what is taken for a table and is the title of the one below it, with the unit and the number beside it.
_TITLE_ROWS = 3
#: Rows that come twice in a run of pages and so tell of two reports; a page break may repeat one.
#: ±20 %: nothing.
_MIN_REPEATED = 4


def split_reports(pages: Sequence[Page], titles: Sequence[str] = ()) -> list[list[Page]]:
    """Runs of pages that belong together: a title or first heading after tables were seen begins a new report.

    titles: patterns of forms; a title by one begins a report where it names another body or year than the last one.
    """
    runs: list[list[Page]] = [[]]
    seen_tables = False
    last: ReadTitle | None = None
    for page in pages:
        lines = list_lines([page])
        own = find_own_title(lines, titles)
        begins = any(is_title(line) or is_first_heading(line) for line in lines[:6])
        if own is not None:
            begins = begins or (last is not None and _is_another(own[1], last))
            last = own[1]
        if begins and seen_tables:
            runs.append([])
            seen_tables = False
        runs[-1].append(page)
        seen_tables = seen_tables or bool(page.tables)
    return [run for run in runs if run]


def find_reports(pages: Sequence[Page], forms: Mapping[str, Form]) -> list[list[Page]]:
    """Pages of each report in a file, in order; pages of none stay with their neighbours."""
    titles = [pattern for form in forms.values() for pattern in form.titles]
    return [part for run in split_reports(pages, titles) for part in split_repeated(run, forms)]


def _is_another(title: ReadTitle, last: ReadTitle) -> bool:
    """Whether a title names another body or another year than the one before it."""
    organs, years = (normalise(title.organ), normalise(last.organ)), {title.year, last.year} - {None}
    return len(years) > 1 or (all(organs) and is_other(organs[0], [organs[1]], before=()))


def split_repeated(pages: Sequence[Page], forms: Mapping[str, Form]) -> list[list[Page]]:
    """A run parted where rows of its tables come a second time: a report whose title could not be read."""
    if len(pages) < 2:
        return [list(pages)]
    # Tables that may come again in one report tell of no other.
    own = [leave_out_repeating(form) for form in forms.values()]
    rows = [[row for table in page.tables for row in split_rows(table, 0)] for page in pages]
    named = [
        [name for name in sure_names([row for row in members if row.label and row.values], own) if name]
        for members in rows
    ]
    found = [set(names) for names in named]
    before = [_union(found[:cut]) for cut in range(len(pages))]
    # No report begins in the middle of a table, which goes on with rows that were not there before.
    repeats = [
        len(before[cut] & _union(found[cut:]))
        if cut and not (goes_on(rows[cut - 1], rows[cut]) and before[cut].isdisjoint(named[cut][:1]))
        else 0
        for cut in range(len(pages))
    ]
    most = max(repeats, default=0)
    if most < _MIN_REPEATED:
        return [list(pages)]
    cut = max(place for place, count in enumerate(repeats) if count == most)
    return [list(pages[:cut]), *split_repeated(pages[cut:], forms)]


def _union(found: Sequence[set[str]]) -> set[str]:
    return set[str]().union(*found)


@dataclass(frozen=True, slots=True)
class PrintedReport:
    """A report as it stands on its pages: the tables found, what their cells say.

    unknown, unknown_columns: printed rows and columns with figures that the form does not have. open_rows,
    open_columns: those that it prints where the form leaves them open. repeats: what it prints several times.
    """

    pages: Sequence[Page]
    matches: Sequence[TableMatch]
    decoded: Decoded
    unknown: Sequence[PrintedRow] = ()
    unknown_columns: Sequence[UnknownColumn] = ()
    open_rows: Sequence[OpenRow] = ()
    open_columns: Sequence[OpenColumn] = ()
    repeats: Repeats = field(default_factory=Repeats)

    @property
    def form(self) -> Form:
        return self.matches[0].form


def decode_report(
    pages: Sequence[Page], forms: Mapping[str, Form], second: OcrEngine | None = None
) -> PrintedReport | None:
    """The report that stands on these pages; None when they print no known form.

    `second` reads the cells in doubt once more; None leaves them as they are.
    """
    printed = complete_overleaf([table for page in pages for table in page.tables])
    rows = list_rows(printed)
    counts = count_bare(forms.values())
    rows = drop_spare(complete_lone(rows, counts), counts)
    titles = read_titles(pages)
    year = find_latest_year(rows)
    dated = [date_form(form, year) for form in forms.values()]
    filled = {form.id: _fill(form, PrintedTables(pages, printed, rows, titles), second) for form in dated}
    whole = [one.form for one in filled.values()]
    known = {key: one.known for key, one in filled.items()}
    matches = match_tables(rows, whole, known)
    sure = sum(1 for m in matches for row in m.matches if row.target.is_data and row.name.is_sure)
    if sure < _MIN_SURE_ROWS and not any(_is_named(match, known, whole) for match in matches):
        return None
    tables = _with_missing(matches, matches[0].form)
    placed = [doubt_units(fill_slots(match, rows, matches), match, titles) for match in tables]
    slots = part_shared([slot for found in placed for slot in _leave_out(found)])
    identities = choose_identities((match.form for match in matches), {slot.spec.id for slot in slots})
    decoded = decode_slots(slots, identities, pages, second)
    columns = [column for match in matches for column in find_unknown_columns(match, rows, matches)]
    own = {(match.form.id, match.table.id) for match in matches}
    return PrintedReport(
        pages,
        matches,
        decoded,
        find_unknown(rows, matches),
        columns,
        [row for form, found in filled.items() for row in found.rows if (form, row.table) in own],
        [one for form, found in filled.items() for one in found.columns if (form, one.table) in own],
        filled[matches[0].form.id].repeats,
    )


@dataclass(frozen=True, slots=True)
class PrintedTables:
    """The tables of a report. rows: theirs. titles: by a table's index the lines above it."""

    pages: Sequence[Page]
    tables: Sequence[Table]
    rows: Sequence[PrintedRow]
    titles: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class _Filled:
    """A form with what a report prints where it leaves it open, and which printed table is which of its."""

    form: Form
    rows: Sequence[OpenRow]
    columns: Sequence[OpenColumn]
    repeats: Repeats
    known: Mapping[int, str]


def _fill(form: Form, printed: PrintedTables, second: OcrEngine | None) -> _Filled:
    """A form made whole for one report: its tables as often as they are printed, with their rows and columns."""
    rows, titles = printed.rows, printed.titles
    may_repeat = any(table.repeats for table in form.tables)
    told = find_open_rows(form, rows, titles).tables if may_repeat else {}
    repeats = find_repeats(form, rows, titles, told)
    whole = repeat_form(form, repeats.tables)
    headed = find_open_columns(whole, printed.tables, rows, titles, repeats.own)
    columns = bear_out_columns(printed.pages, headed, second)
    opened = find_open_rows(fill_columns(whole, columns), rows, titles, repeats.own)
    named = bear_out_rows(printed.pages, opened, whole, second)
    whole = open_form(whole, named, columns)
    known = {**name_tables(whole, rows, titles), **opened.tables, **repeats.own}
    return _Filled(whole, named, columns, repeats, known)


def _leave_out(slots: Sequence[Slot]) -> list[Slot]:
    """The slots of a table without those of rows that bodies leave out and this one did, if it is there at all."""
    is_there = any(slot.page_no is not None for slot in slots)
    return [slot for slot in slots if slot.page_no is not None or not (is_there and slot.spec.optional)]


def _is_named(match: TableMatch, known: Mapping[str, Mapping[int, str]], forms: Sequence[Form]) -> bool:
    """Whether a table stands under its title, which is that of no other form's."""
    titles = [normalise(table.title) for form in forms for table in form.tables if not table.copy_of]
    own = {row.printed.table_index for row in match.matches if row.target.is_data}
    told = known[match.form.id]
    return titles.count(normalise(match.table.title)) == 1 and any(
        told.get(index) == match.table.id for index in own
    )


def read_titles(pages: Sequence[Page]) -> dict[int, str]:
    """By the index of a table among those of the report the lines that stand above it, below the one before it.

    Those of its first rows that state a unit are among them, and those of what was taken for a table of words.
    """
    titles: dict[int, str] = {}
    for page in pages:
        last, before = 0.0, ""
        for table in page.tables:
            top = table.grid.box.top
            lines = [line for line in page.lines if last <= line.box.center_y <= top]
            words = [line.text for line in sorted(lines, key=lambda one: one.box.top)]
            inside = [
                cell.text for cell in table.cells if cell.cell.row < _FIRST_ROWS and "单位" in cell.text
            ]
            above = [*filter(None, [before]), *words]
            titles[len(titles)] = "\n".join((*above, *inside))
            before = ""
            if _is_of_words(table):
                before = "\n".join((*above, *_list_row_words(table)))
            elif len(table.grid.rows) <= _FIRST_ROWS and inside:
                before = titles[len(titles) - 1]
            last = table.grid.box.bottom
    return titles


def _list_row_words(table: Table) -> list[str]:
    """The words of each row of a table, from the top."""
    rows: dict[int, list[str]] = defaultdict(list)
    for cell in table.cells:
        rows[cell.cell.row].append(cell.text)
    return [text for row in sorted(rows) if (text := "".join(rows[row]))]


def _is_of_words(table: Table) -> bool:
    """Whether a table is a title and what stands beside it: a few rows, and no figure among them.

    A stroke of a character reads as a dash; where every row ends in one it is one.
    """
    if len(table.grid.rows) > _TITLE_ROWS:
        return False
    told = [(cell.cell.row, parse_content(cell.text, decimals=True)) for cell in table.cells if cell.text]
    marked = {row for row, content in told if content is not None}
    return all(content is None or content.value is None for _, content in told) and len(marked) <= (
        len({row for row, _ in told}) // 2
    )


def make_report(printed: PrintedReport, judge: Judge, finder: FactFinder | None = None) -> Report:
    """The report with what it says besides its tables; `judge` says what is accepted, `finder` what prose states."""
    by_page = {page.page_no: page for page in printed.pages}

    def to_points(page_no: int, box: Box) -> Box:
        return by_page[page_no].to_points(box)

    form, decoded = printed.form, printed.decoded
    fields = make_fields(decoded, to_points, judge)
    lines = list_lines(printed.pages)
    heading = read_heading(_from_title(lines), form.titles)
    passages = read_passages(lines, form.sections, _after(heading.lines, lines))
    stated = find_statements(passages, finder) if finder is not None else []
    fields = support_fields(stated, fields, judge.threshold)
    by_id = {field.id: field for field in fields}
    year = heading.year.value if isinstance(heading.year.value, int) else None
    findings = check_identities(by_id, decoded.identities)
    findings += contradict_fields(stated, by_id, year) + contradict_year(passages, year)
    findings += find_odd_print(printed.matches, decoded.slots, form)
    findings += tell_unknown(printed.unknown, printed.unknown_columns)
    findings += tell_left_out(printed.repeats.left_out)
    used = {slot.page_no for slot in decoded.slots if slot.page_no is not None} | {p.page_no for p in lines}
    return Report(
        form=form.id,
        title=heading.title,
        pages=(min(used), max(used)),
        organ=_doubt_one_of(_doubt_damaged(heading.organ, by_page), printed.repeats.tables),
        year=_doubt_damaged(heading.year, by_page),
        fields=fields,
        sections=tuple(passage.section for passage in passages),
        facts=tuple(item.fact for item in stated),
        findings=tuple(findings),
        open_rows=tuple(printed.open_rows),
        open_columns=tuple(printed.open_columns),
        repeated_tables=printed.repeats.tables,
    )


def _doubt_damaged(told: TextField, by_page: Mapping[int, Page]) -> TextField:
    """What the heading tells, in review where the picture of its page is damaged."""
    page = by_page.get(told.page_no or 0)
    return replace(told, status=FieldStatus.REVIEW) if page is not None and page.image.damaged else told


def _doubt_one_of(organ: TextField, tables: Sequence[RepeatedTable]) -> TextField:
    """The body that reports, in review where it is the one that one of several tables is of."""
    names = {normalise(table.name) for table in tables}
    is_one = len(names) > 1 and normalise(str(organ.value or "")) in names
    return replace(organ, status=FieldStatus.REVIEW) if is_one else organ


def _after(block: Sequence[PlacedLine], lines: Sequence[PlacedLine]) -> int:
    """Index of the first line behind a block of lines."""
    return lines.index(block[-1]) + 1 if block else 0


def _from_title(lines: Sequence[PlacedLine]) -> Sequence[PlacedLine]:
    """Lines from a few above the title on."""
    for i, placed in enumerate(lines):
        if is_title(placed):
            return lines[max(0, i - 3) :]
    return lines


def _with_missing(matches: Sequence[TableMatch], form: Form) -> list[TableMatch]:
    """The tables found and, as missing, those the form has besides; in the form's order."""
    found = {match.table.id: match for match in matches}
    ordered = [found.pop(table.id, TableMatch(form, table, (), 0.0, 0.0)) for table in form.tables]
    return ordered + list(found.values())
