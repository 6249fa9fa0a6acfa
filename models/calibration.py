"""Features of a field → the probability that it is right, by gradient boosted trees; text and JSON, no pickle.

What it was fitted on, how well it does on what it was not, and the thresholds that follow are in the card beside the
trees (`shipped/calibration.json`). A card may hold corrections learned from people's decisions (`corrections`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractor.seams.calibrator import MAX_CONFIDENCE, Judge, Matrix, ReadBy
from extractor.seams.errors import UsageError
from extractor.trust.evidence import FEATURES, column, columns
from models.corrections import Correction
from models.trees import Trees, TreesError, parse_trees

#: Where the calibrator of this project stands.
SHIPPED = Path(__file__).parent / "shipped" / "calibration.json"
#: The line of the trees' text that names their input, in order.
_FEATURE_NAMES = re.compile(r"^feature_names=(.*)$", re.MULTILINE)
#: Confidence beyond the range of what the trees were fitted on: such a field is looked at.
ABSTAIN = 0.9


class CalibrationError(UsageError):
    """A calibrator's files are missing, are not the pinned ones, or belong to other features."""

    code = "calibration"


@dataclass(frozen=True, slots=True)
class Card:
    """What a calibrator is and what follows from it.

    features: names in the order of the trees' input. read_by: what the fields it was fitted on were read by.
    trees: file of the trees beside the card, with its SHA-256.
    knots: log odds of the trees and the probabilities they turned out to mean, both ascending. thresholds: least
    confidence to accept by error budget (silent errors per 10,000 accepted fields). ranges: least and greatest value
    of some features among what it was fitted on. corrections: what people's decisions
    taught, in the order it is applied. about: how and on what it was fitted, and how it did.
    """

    features: tuple[str, ...]
    read_by: ReadBy
    trees: str
    sha256: str
    knots: tuple[tuple[float, ...], tuple[float, ...]]
    thresholds: Mapping[float, float]
    ranges: Mapping[str, tuple[float, float]]
    corrections: tuple[Correction, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)


@lru_cache(maxsize=4)
def _load_trees(file: Path, sha256: str) -> Trees:
    try:
        return parse_trees(_read_trees(file, sha256))
    except TreesError as error:
        raise CalibrationError(f"{file.name}: {error}") from error


def _read_trees(file: Path, sha256: str) -> str:
    """The trees as text.

    Raises:
        CalibrationError: they are missing, or not the pinned ones.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CalibrationError(f"{file.name} beside its card: {error.strerror or error}") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise CalibrationError(f"{file.name} is not the file its card was made with (SHA-256 differs)")
    return content.decode()


@dataclass(frozen=True, slots=True)
class GradientCalibrator:
    """A calibrator (`extractor.calibrator.Calibrator`) from a card and its trees (LightGBM's text).

    It goes to every process with every document, so it names its trees and does not hold them: what is larger than
    a pipe's buffer is never taken from it by a process that is killed first.
    """

    card: Card
    trees: Path

    @property
    def fitted_with(self) -> ReadBy:
        """What the fields it was fitted on were read by."""
        return self.card.read_by

    @property
    def fingerprint(self) -> str:
        """Changes with the trees, what their scores mean, and the thresholds."""
        card = self.card
        told: list[Any] = [
            card.sha256,
            card.knots,
            sorted(card.thresholds.items()),
            sorted(card.ranges.items()),
            asdict(card.read_by),
        ]
        told += [asdict(correction) for correction in card.corrections]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]

    def probabilities(self, features: Matrix) -> NDArray[np.float64]:
        """Probability of being right, at most `MAX_CONFIDENCE`; low beyond what the trees were fitted on."""
        if not len(features):
            return np.zeros(0)
        trees = _load_trees(self.trees, self.card.sha256)
        score = trees.predict(columns(features, self.card.features))
        told = np.interp(score, *self.card.knots)
        for correction in self.card.corrections:
            told = correction.apply(told)
        for name, (low, high) in self.card.ranges.items():
            values = column(features, name)
            told = np.where((values < low) | (values > high), np.minimum(told, ABSTAIN), told)
        return np.asarray(np.clip(told, 0.0, MAX_CONFIDENCE), dtype=np.float64)

    def threshold(self, error_budget: float) -> float:
        """Threshold of the largest budget measured that is no more than this one; the strictest for less."""
        within = [t for budget, t in self.card.thresholds.items() if budget <= error_budget * (1 + 1e-9)]
        return min(within) if within else max(self.card.thresholds.values())


def load_calibrator(card_file: Path = SHIPPED) -> GradientCalibrator:
    """The calibrator of a card.

    Raises:
        CalibrationError: the card or its trees are missing, damaged, or made for other features than this version's.
    """
    card = read_card(card_file)
    trees = card_file.with_name(card.trees).absolute()
    named = _FEATURE_NAMES.search(_read_trees(trees, card.sha256))
    if not set(card.features) <= set(FEATURES) or named is None or tuple(named[1].split()) != card.features:
        raise CalibrationError(
            f"{card_file.name} was made for other features than this version measures; fit it anew"
        )
    return GradientCalibrator(card, trees)


def load_judge(error_budget: float, card_file: Path = SHIPPED) -> Judge:
    """How confidence is told and what is accepted, for that many silent errors among 10,000 accepted fields.

    Raises:
        CalibrationError: as `load_calibrator`.
    """
    return Judge(load_calibrator(card_file), error_budget)


def read_card(card_file: Path) -> Card:
    """A card from its JSON.

    Raises:
        CalibrationError: it cannot be read or is none.
    """
    try:
        found = json.loads(card_file.read_text(encoding="utf-8"))
        return Card(
            features=tuple(found["features"]),
            read_by=_read_by(found),
            trees=found["trees"],
            sha256=found["sha256"],
            knots=(tuple(found["knots"][0]), tuple(found["knots"][1])),
            thresholds={float(budget): float(t) for budget, t in found["thresholds"].items()},
            ranges={name: (float(low), float(high)) for name, (low, high) in found["ranges"].items()},
            corrections=tuple(Correction(**told) for told in found["corrections"]),
            about=found.get("about", {}),
        )
    except OSError as error:
        raise CalibrationError(f"{card_file}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CalibrationError(f"{card_file.name} is no calibrator's card: {error!r}") from error


def _read_by(found: Mapping[str, Any]) -> ReadBy:
    """What a card's trees were fitted with; of a card from before cards told it, what the trees that ship tell.

    Another one's trees are nobody's: the careful rule judges what they would have.
    """
    if "read_by" in found:
        return ReadBy(
            **{name: str(found["read_by"].get(name, "")) for name in ("engine", "second", "layout", "labels")}
        )
    shipped = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return ReadBy(**shipped["read_by"]) if found["sha256"] == shipped["sha256"] else ReadBy("", "", "")


def write_card(card: Card, card_file: Path) -> None:
    """The card as JSON, its trees are to stand beside it."""
    payload = {
        "features": card.features,
        "read_by": asdict(card.read_by),
        "trees": card.trees,
        "sha256": card.sha256,
        "knots": card.knots,
        "thresholds": {f"{budget:g}": t for budget, t in sorted(card.thresholds.items())},
        "ranges": card.ranges,
        "corrections": [asdict(correction) for correction in card.corrections],
        "about": card.about,
    }
    card_file.write_text(json.dumps(payload, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
