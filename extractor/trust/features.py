"""Decoded fields → the evidence from which a calibrator tells confidence."""

from __future__ import annotations

import math
from collections import defaultdict

from extractor.deciding.candidates import escaped
from extractor.deciding.suspects import count_accusations, find_culprits, find_suspects, measure_excess
from extractor.forms.definition import Identity
from extractor.matching.straying import count_unclaimed, measure_strays
from extractor.seams.calibrator import Matrix
from extractor.trust.evidence import (
    ContentEvidence,
    Evidence,
    PageEvidence,
    PlaceEvidence,
    ReadingEvidence,
    ReportEvidence,
    SumEvidence,
    to_matrix,
)
from extractor.trust.ink_features import InkContext
from extractor.trust.neighbours import find_pinned
from extractor.values.decoded import Decoded
from extractor.values.matched import NamedBy
from extractor.values.option import MAX_LOGIT, Option
from extractor.values.page import Page
from extractor.values.result import Kind
from extractor.values.slot import Slot, column_of, row_of

#: Resolution and legibility of a page of which nothing is known.
_UNSEEN = (200.0, 0.9)
#: Probability from which on the recogniser reads a cell clearly.
#: ±20 %: 4 statuses.
_CLEAR = 0.9


def logit(probability: float) -> float:
    """Log odds, cut at 12 either way."""
    kept = min(max(probability, 1e-9), 1.0 - 1e-9)
    return max(-MAX_LOGIT, min(MAX_LOGIT, math.log(kept / (1.0 - kept))))


def measure(decoded: Decoded) -> Matrix:
    """Features of all fields; those of a field without options are of no use to anybody."""
    return to_matrix(list_evidence(decoded))


def list_evidence(decoded: Decoded) -> list[Evidence]:
    """What is known of every field, in the order of `decoded.slots`."""
    context = _Context(decoded)
    return [context.evidence(slot) for slot in decoded.slots]


class _Context:
    """What the fields of a report say of each other."""

    def __init__(self, decoded: Decoded) -> None:
        self._decoded = decoded
        self._best = {slot.spec.id: decoded.best(slot.spec.id) for slot in decoded.slots}
        self._clear = {key: max(belief, default=0.0) for key, belief in decoded.beliefs.items()}
        self._rows: dict[tuple[str, int, int], list[float]] = defaultdict(list)
        self._tables: dict[str, list[str]] = defaultdict(list)
        self._placed: dict[str, list[bool]] = defaultdict(list)
        self._styles: dict[str, list[Kind]] = defaultdict(list)
        for slot in decoded.slots:
            key, best = slot.spec.id, self._best[slot.spec.id]
            self._tables[slot.spec.table].append(key)
            self._placed[slot.spec.table].append(slot.is_placed)
            self._rows[row_of(slot)].append(self._clear[key])
            if best is not None and not best.content.value:
                self._styles[slot.spec.table].append(best.content.kind)
        self._sums: dict[str, list[Identity]] = defaultdict(list)
        for identity in decoded.identities:
            for field in identity.fields:
                self._sums[field].append(identity)
        self._holds = {identity.id: self._hold(identity) for identity in decoded.identities}
        self._pages: dict[int | None, tuple[float, float]] = {
            page.page_no: _look_of(page) for page in decoded.pages
        }
        self._accused, self._suspects = count_accusations(decoded), find_suspects(decoded)
        self._culprits = find_culprits(decoded)
        self._blamed = {key for found in self._culprits.values() for key in found}
        self._ink = InkContext(decoded)
        rows = {slot.spec.id: row_of(slot) for slot in decoded.slots}
        self._across = {i.id for i in decoded.identities if len({rows.get(f) for f in i.fields}) > 1}
        self._rows_across: dict[tuple[str, int, int], int] = defaultdict(int)
        for slot in decoded.slots:
            held = [self._holds[i.id] for i in self._sums[slot.spec.id] if i.id in self._across]
            self._rows_across[row_of(slot)] += (True in held) - (False in held)
        judged = [held for held in self._holds.values() if held is not None]
        self._sums_held = sum(judged) / len(judged) if judged else 0.5
        self._nothings = [kind for kinds in self._styles.values() for kind in kinds]
        self._found = sum(1 for best in self._best.values() if best is not None) / max(1, len(self._best))
        self._shares = {
            key: opinion.share(best.content)
            for key, opinion in decoded.opinions.items()
            if (best := self._best[key]) is not None
        }
        self._agreed = sum(self._shares.values()) / len(self._shares) if self._shares else 1.0
        self._pinned, self._strays = find_pinned(decoded.slots), measure_strays(decoded.slots)
        read = [best.probability for best in self._best.values() if best is not None and best.raw]
        self._pixels = sum(map(logit, read)) / len(read) if read else 0.0
        self._doubt = sum(1 for p in read if p < _CLEAR) / len(read) if read else 0.0
        self._labels: dict[str, list[float]] = defaultdict(list)
        self._columns: dict[str, list[bool]] = defaultdict(list)
        self._row_blanks: dict[tuple[str, int, int], list[bool]] = defaultdict(list)
        self._unclaimed = count_unclaimed(decoded.slots)
        for slot in decoded.slots:
            best = self._best[slot.spec.id]
            if best is not None:
                self._labels[slot.spec.table].append(slot.row_name.evidence)
                self._columns[column_of(slot)].append(best.content.kind is Kind.BLANK)
                self._row_blanks[row_of(slot)].append(best.content.kind is Kind.BLANK)

    def evidence(self, slot: Slot) -> Evidence:
        """What is known of one field; nothing of one without options."""
        key, best = slot.spec.id, self._best[slot.spec.id]
        if best is None:
            return Evidence()
        ranked = sorted(self._decoded.beliefs[key], reverse=True)
        return Evidence(
            reading=ReadingEvidence(
                posterior=logit(ranked[0]),
                pixels=logit(best.probability),
                rival=logit(ranked[1]) if len(ranked) > 1 else -MAX_LOGIT,
                escaped=logit(escaped(self._decoded.options[key])),
            ),
            content=_of_content(best),
            sums=self._of_sums(key),
            place=self._of_place(slot, best),
            page=self._of_page(slot),
            report=self._of_report(slot),
            ink=self._ink.evidence(slot, best),
        )

    def _of_report(self, slot: Slot) -> ReportEvidence:
        """Accusations, sums over several rows, figures in the best sum, and the report: its sums, names, blanks.

        A row that is taken for another keeps its own sum; only sums over several rows speak for its name.
        """
        key = slot.spec.id
        across = [i for i in self._sums[key] if i.id in self._across]
        terms = [self._count_terms(i) for i in self._sums[key] if self._holds[i.id]]
        labels = self._labels[slot.spec.table]
        row, column = self._row_blanks[row_of(slot)], self._columns[column_of(slot)]
        best = self._best[key]
        nothing = best.content.kind if best is not None and not best.content.value else None
        return ReportEvidence(
            accused=float(self._accused.get(key, 0)),
            suspect=float(key in self._suspects),
            sums_across=float(sum(1 for i in across if self._holds[i.id])),
            broken_across=float(sum(1 for i in across if self._holds[i.id] is False)),
            joint=self._joint(key),
            sums_terms=float(max(terms, default=0)),
            report_sums=self._sums_held,
            table_labels=sum(labels) / len(labels),
            row_blank=sum(row) / len(row),
            column_blank=sum(column) / len(column),
            style_report=self._nothings.count(nothing) / len(self._nothings) if nothing else 1.0,
            report_found=self._found,
            report_second=self._agreed,
            second_margin=self._margin(key),
            pinned=float(key in self._pinned),
            report_pixels=self._pixels,
            report_doubt=self._doubt,
            stray=self._strays[key],
            unclaimed=float(self._unclaimed[key]),
            row_across=float(self._rows_across[row_of(slot)]),
        )

    def _count_terms(self, identity: Identity) -> int:
        """Figures other than nothing; of two fields that are equal one, for a column cut too narrow cuts both."""
        return min(len(identity.fields) - 1, sum(1 for f in identity.fields if self._amount(f)))

    def _margin(self, key: str) -> float:
        """How much the second reader prefers what was chosen to anything else; 0 where it was not asked."""
        opinion, best = self._decoded.opinions.get(key), self._best[key]
        return 0.0 if opinion is None or best is None else opinion.margin(best.content)

    def _joint(self, key: str) -> float:
        """Log odds of both readers together, as if they were independent; of the first where only it was asked."""
        best = self._best[key]
        first = logit(best.probability) if best is not None else -MAX_LOGIT
        second = self._shares.get(key)
        return first if second is None else first + logit(second)

    def _amount(self, key: str) -> float:
        best = self._best.get(key)
        return best.amount if best is not None else 0.0

    def _of_sums(self, key: str) -> SumEvidence:
        """How many sums of the field hold, how many break, and how sure its partners are in the best that holds."""
        holds = [i for i in self._sums[key] if self._holds[i.id]]
        breaks = [i for i in self._sums[key] if self._holds[i.id] is False]
        support = [math.prod(self._clear[f] for f in i.fields if f != key) for i in holds]
        return SumEvidence(
            sums_hold=float(len(holds)),
            sums_break=float(len(breaks)),
            sums_support=max(support, default=0.0),
            explained=float(self._count_explained(key, breaks)),
        )

    def _count_explained(self, key: str, breaks: list[Identity]) -> int:
        if key in self._blamed or not all(self._culprits[i.id] for i in breaks):
            return 0
        return min((self._count_terms(i) for i in breaks), default=0)

    def _of_place(self, slot: Slot, best: Option) -> PlaceEvidence:
        table = self._tables[slot.spec.table]
        judged = [self._holds[i.id] for f in table for i in self._sums[f] if self._holds[i.id] is not None]
        styles = self._styles[slot.spec.table]
        alike = styles.count(best.content.kind) if not best.content.value else 0
        row = self._rows[row_of(slot)]
        return PlaceEvidence(
            label=slot.row_name.evidence,
            counted=float(slot.row_name.by is NamedBy.COUNT),
            table_placed=sum(self._placed[slot.spec.table]) / len(table),
            table_found=sum(1 for f in table if self._best[f] is not None) / len(table),
            table_clear=sum(self._clear[f] for f in table) / len(table),
            table_sums=sum(1 for held in judged if held) / len(judged) if judged else 0.5,
            style_share=alike / len(styles) if not best.content.value else 1.0,
            style_count=math.log1p(alike),
            row_clear=sum(row) / len(row),
            row_worst=min(row),
        )

    def _of_page(self, slot: Slot) -> PageEvidence:
        cell = slot.cell
        scores = [line.score for line in cell.lines] if cell is not None else []
        dpi, score = self._pages.get(slot.page_no, _UNSEEN)
        blank = cell is None or cell.ink is None
        return PageEvidence(
            dust=cell.glyph_share if cell is not None and blank else 0.0,
            score=min(scores, default=1.0),
            second=2.0 * self._shares.get(slot.spec.id, 0.5) - 1.0,
            dpi=dpi,
            page_score=score,
            sums_open=float(sum(1 for i in self._sums[slot.spec.id] if self._holds[i.id] is None)),
        )

    def _hold(self, identity: Identity) -> bool | None:
        """Whether a sum holds as read; None where that cannot be judged."""
        excess = measure_excess(self._decoded, identity)
        return None if excess is None else abs(excess) < 1e-6


def _of_content(best: Option) -> ContentEvidence:
    kind = best.content.kind
    return ContentEvidence(
        blank=float(kind is Kind.BLANK),
        dash=float(kind is Kind.DASH),
        zero=float(kind is Kind.NUMBER and best.content.value == 0),
        digits=float(sum(c.isdigit() for c in best.raw)),
        annotated=float(any("一" <= c <= "鿿" for c in best.raw)),
    )


def _look_of(page: Page) -> tuple[float, float]:
    """Resolution of a page and how well its prose reads, 0 to 1."""
    scores = [line.score for line in page.lines if len(line.text) > 3]
    return page.image.dpi, sum(scores) / len(scores) if scores else 0.9
