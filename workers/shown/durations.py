"""Lengths of time, as people say them."""

from __future__ import annotations

from extractor.wording.said import Said, say


def say_duration(seconds: float) -> Said:
    """A length of time: `0.05 s`, `42 s`, `3 min 5 s`, `2 h 10 min`."""
    if 0 < seconds < 1:
        return say("system.seconds", seconds=f"{seconds:.1g}")
    whole = round(seconds)
    if whole < 60:
        return say("system.seconds", seconds=whole)
    if whole < 3600:
        return say("system.minutes", minutes=whole // 60, seconds=whole % 60)
    return say("system.hours", hours=whole // 3600, minutes=whole % 3600 // 60)
