"""What a second recogniser says of a cell in doubt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from extractor.values.option import MAX_LOGIT, Content

#: Shares below this are all alike.
_LEAST_SHARE = math.exp(-MAX_LOGIT)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What another recogniser read in a cell, and what that says.

    shares: probability it gives to each thing the cell may say; what is missing escaped to other characters.
    """

    text: str
    content: Content
    shares: Mapping[Content, float] = field(default_factory=dict)

    def share(self, content: Content) -> float:
        """Probability it gives to that, 0 to 1."""
        return self.shares.get(content, 0.0)

    def margin(self, content: Content) -> float:
        """By what factor, as a logarithm, it prefers that to all else the cell may say; cut at 12 either way."""
        rival = max((share for other, share in self.shares.items() if other != content), default=0.0)
        odds = (self.share(content) + _LEAST_SHARE) / (rival + _LEAST_SHARE)
        return math.log(odds)
