"""The seam between what is known of a field and how sure that makes one: a small Protocol, and what is accepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Least confidence of an accepted field where no calibrator tells.
ACCEPT = 0.985
#: Nothing is ever certain.
MAX_CONFIDENCE = 0.9999
#: Silent errors that a user can live with among 10,000 accepted fields, unless said otherwise.
ERROR_BUDGET = 1.0
#: The most that may be asked for: all of them.
MAX_ERROR_BUDGET = 10_000

Matrix: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ReadBy:
    """What fields are read by: readers by their lineage ("" for no second one), and the version of the layout."""

    engine: str
    second: str
    layout: str
    labels: str = ""


class Calibrator(Protocol):
    """Tells from a field's features how likely it is right."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever a confidence could change."""
        ...

    @property
    def fitted_with(self) -> ReadBy:
        """What the fields it was fitted on were read by: of others it knows nothing."""
        ...

    def probabilities(self, features: Matrix) -> NDArray[np.float64]:
        """Probability of being right, 0 to 1, for every row of features (n × `trust.evidence.FEATURES`)."""
        ...

    def threshold(self, error_budget: float) -> float:
        """Least confidence of an accepted field if so many of 10,000 accepted ones may be wrong."""
        ...


@dataclass(frozen=True, slots=True)
class Judge:
    """How confidence is told and what is accepted.

    calibrator: None for the posterior, lowered where rows or tables are weak. error_budget: silent errors allowed
    among 10,000 accepted fields, above 0; of no effect without a calibrator.
    """

    calibrator: Calibrator | None = None
    error_budget: float = ERROR_BUDGET

    def for_fields(self, read_by: ReadBy) -> Judge:
        """The judge of fields read by these: the careful rule where its calibrator was fitted with others."""
        if self.calibrator is None or self.calibrator.fitted_with == read_by:
            return self
        return Judge(None, self.error_budget)

    @property
    def fingerprint(self) -> str:
        """Changes whenever a confidence or a verdict could change."""
        calibrator = "" if self.calibrator is None else self.calibrator.fingerprint
        return f"{calibrator}:{self.threshold:.6f}"

    @property
    def threshold(self) -> float:
        """Least confidence of an accepted field."""
        return ACCEPT if self.calibrator is None else self.calibrator.threshold(self.error_budget)


UNCALIBRATED = Judge()
#: Code of the issue of a document that was read by others than its calibrator was fitted with.
UNCALIBRATED_CODE = "uncalibrated"
