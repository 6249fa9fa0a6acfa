"""What looks at a document's pages, together: two recognisers and what tells ink apart."""

from __future__ import annotations

from dataclasses import dataclass

from extractor.seams.calibrator import ReadBy
from extractor.seams.engine import OcrEngine
from extractor.seams.labeller import PageLabeller


@dataclass(frozen=True, slots=True)
class Readers:
    """engine: reads everything. second: reads cells in doubt again, None where nobody does. labeller: of pages."""

    engine: OcrEngine
    second: OcrEngine | None
    labeller: PageLabeller

    def read_by(self, layout: str) -> ReadBy:
        """What fields are read by; layout: version of the layout."""
        second = self.second.lineage if self.second is not None else ""
        return ReadBy(self.engine.lineage, second, layout, self.labeller.lineage)

    @property
    def fingerprints(self) -> dict[str, str]:
        """By role what would change if a reading could; "" where nobody has it."""
        return {
            "fingerprint": self.engine.fingerprint,
            "second": self.second.fingerprint if self.second is not None else "",
            "labeller": self.labeller.fingerprint,
        }
