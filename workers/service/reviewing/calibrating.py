"""What people decided → a truer confidence, tried on decisions it was not learned from, installed if better."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from extractor.seams.errors import StorageError
from extractor.wording.said import say, tell_os_error
from workers.service.reviewing.learning import Decided, read_decided
from workers.service.settings import ServiceSettings
from workers.service.store.database import Database

if TYPE_CHECKING:
    from models.corrections import Correction, Trial

#: Borders of the ranges of confidence of which promised and kept are told.
_BORDERS = (0.0, 0.5, 0.8, 0.9, 0.95, 1.0)


class Verdict(StrEnum):
    """What came of a trial: decisions teach too little, nothing is better, the audit sample says worse, or better."""

    TOO_LITTLE = "too_little"
    NOTHING_BETTER = "nothing_better"
    WORSE = "worse"
    BETTER = "better"


@dataclass(frozen=True, slots=True)
class Range:
    """Decisions whose confidence lies in one range, shares 0 to 1: what was and would be promised, what was right."""

    low: float
    high: float
    count: int
    before: float
    after: float
    kept: float


@dataclass(frozen=True, slots=True)
class CalibrationTrial:
    """A trial and what the audit sample says of it.

    audit: decisions of the sample. brier: mean squared errors on it, before and after; None where it is empty or
    nothing was found. ranges: of the decisions that were learned from.
    """

    trial: Trial
    audit: int
    brier: tuple[float, float] | None
    ranges: tuple[Range, ...]

    @property
    def verdict(self) -> Verdict:
        """Whether it would be installed, or why not."""
        from models.corrections import LEAST, LEAST_EACH

        told = self.trial
        if told.correction is None:
            is_much = min(told.wrong, told.decisions - told.wrong) >= LEAST_EACH and told.decisions >= LEAST
            return Verdict.NOTHING_BETTER if is_much else Verdict.TOO_LITTLE
        is_worse = self.brier is not None and self.brier[1] > self.brier[0] + 1e-9
        return Verdict.WORSE if is_worse else Verdict.BETTER


def try_calibration(database: Database, pipeline: str) -> CalibrationTrial:
    """Tries what the decisions on documents of a pipeline teach. Raises ServiceError."""
    from models.corrections import try_correction

    learned, audit = (read_decided(database, pipeline, audit=flag) for flag in (False, True))
    trial = try_correction(learned.confidence, learned.right, learned.document)
    found = trial.correction
    brier = (_brier(audit, None), _brier(audit, found)) if len(audit) and found is not None else None
    return CalibrationTrial(trial, len(audit), brier, _ranges(learned, found))


def install_calibration(settings: ServiceSettings, trial: CalibrationTrial) -> Path:
    """The card with what was learned and its trees, where the service looks; it is used once that starts anew.

    The card comes last, so that a half installed one is never read.

    Raises:
        ValueError: nothing better was found.
        StorageError: it cannot be written.
    """
    from models.calibration import read_card, write_card

    if trial.verdict is not Verdict.BETTER or trial.trial.correction is None:
        raise ValueError("nothing better was found")
    card = read_card(settings.card)
    card = replace(card, corrections=(*card.corrections, trial.trial.correction))
    target = settings.own_calibration
    draft = target.with_suffix(".tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if settings.card != target:
            shutil.copyfile(settings.card.with_name(card.trees), target.with_name(card.trees))
        write_card(card, draft)
        draft.replace(target)
    except OSError as error:
        raise StorageError(say("messages.calibrate.cannot", path=target, why=tell_os_error(error))) from error
    return target


def _brier(decided: Decided, correction: Correction | None) -> float:
    told = correction.apply(decided.confidence) if correction is not None else decided.confidence
    return float(((told - decided.right) ** 2).mean())


def _ranges(decided: Decided, correction: Correction | None) -> tuple[Range, ...]:
    if not len(decided):
        return ()
    before = decided.confidence
    after = correction.apply(before) if correction is not None else before
    places = np.clip(np.searchsorted(_BORDERS, before, side="right") - 1, 0, len(_BORDERS) - 2)
    out = []
    for place in np.unique(places):
        mine = places == place
        shares = (float(values[mine].mean()) for values in (before, after, decided.right))
        out.append(Range(_BORDERS[place], _BORDERS[place + 1], int(mine.sum()), *shares))
    return tuple(out)
