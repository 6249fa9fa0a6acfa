"""Boxes and their frames: everything inside is pixels of the upright page image, top-left origin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-parallel rectangle; right and bottom are exclusive.

    The frame (pixels of the upright page image, or PDF points of the page as a viewer shows it, both with
    the origin at the top left) is that of the value that holds the box.

    Raises:
        ValueError: right is less than left, or bottom less than top.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if self.right < self.left or self.bottom < self.top:
            raise ValueError(f"inverted box: {self.left, self.top, self.right, self.bottom}")

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def center_x(self) -> float:
        return (self.left + self.right) / 2

    @property
    def center_y(self) -> float:
        return (self.top + self.bottom) / 2

    def union(self, other: Self) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def contains(self, x: float, y: float) -> bool:
        """True when the point lies inside; left and top edges count, right and bottom edges do not."""
        return self.left <= x < self.right and self.top <= y < self.bottom

    def shrink(self, margin: float) -> Box:
        """The box less `margin` on every side; never inverted, at least its own centre."""
        dx, dy = min(margin, self.width / 2), min(margin, self.height / 2)
        left, top = self.left + dx, self.top + dy
        # Half of a width need not be half of it again in floating point.
        return Box(left, top, max(left, self.right - dx), max(top, self.bottom - dy))


def overlap(a_low: float, a_high: float, b_low: float, b_high: float) -> float:
    """Length that two intervals share; 0 when they do not meet."""
    return max(0.0, min(a_high, b_high) - max(a_low, b_low))


def merge_spans(spans: Iterable[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """Spans from the least on, those joined that overlap or are less than `gap` apart."""
    merged: list[tuple[float, float]] = []
    for low, high in sorted(spans):
        if merged and low - merged[-1][1] < gap:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def overlap_share(a_low: float, a_high: float, b_low: float, b_high: float) -> float:
    """Shared length over the shorter interval's length, 0 to 1; 0 when either is empty."""
    shorter = min(a_high - a_low, b_high - b_low)
    return overlap(a_low, a_high, b_low, b_high) / shorter if shorter > 0 else 0.0
