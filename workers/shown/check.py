"""One thing that `doctor` looked at: what was found, and what to do where it is missing."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; `needed` is false for what only some features want."""

    topic: str
    name: str
    found: str
    remedy: str = ""
    good: bool = field(default=True, kw_only=True)
    needed: bool = field(default=True, kw_only=True)
