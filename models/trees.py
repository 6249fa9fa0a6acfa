"""Boosted trees read from LightGBM's text and walked with numpy: as exact, without a second of imports.

The leaves of a tree are numbered from left to right and held as bits; a node whose condition fails takes away the
bits of its left side. The lowest bit that is left is the leaf (Lucchese et al. 2015).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: What a node may ask, as LightGBM codes it: is a number no greater than another one; a missing one counts as 0.
_IS_NO_GREATER = 2
#: Leaves of a tree, at most: bits of a mask that a float holds exactly.
_MOST_LEAVES = 52
_ALL = 2**_MOST_LEAVES - 1
#: Rows walked at once.
_ROWS = 256


class TreesError(ValueError):
    """The text holds no trees, or such as ask for more than numbers that are no greater."""


@dataclass(frozen=True, slots=True)
class Trees:
    """Trees over a row of features; the nodes of all stand one behind the other.

    features, thresholds: what each node asks: is that feature no greater. keeps: leaves that stay where it is
    greater, as bits. starts: first node of each tree. values: trees × leaves.
    """

    features: NDArray[np.intp]
    thresholds: NDArray[np.float64]
    keeps: NDArray[np.int64]
    starts: NDArray[np.intp]
    values: NDArray[np.float64]

    def predict(self, rows: NDArray[np.floating]) -> NDArray[np.float64]:
        """Raw scores, one a row: the sum over all trees, in their order."""
        chunks = [rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS)]
        return np.concatenate([np.zeros(0), *(self._walk(chunk.astype(np.float64)) for chunk in chunks)])

    def _walk(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        asked = np.ascontiguousarray(np.nan_to_num(rows, nan=0.0, posinf=np.inf, neginf=-np.inf).T)
        is_greater = asked[self.features] > self.thresholds[:, None]
        left = np.bitwise_and.reduceat(np.where(is_greater, self.keeps[:, None], _ALL), self.starts, axis=0)
        leaf = np.frexp((left & -left).astype(np.float64))[1] - 1
        return np.asarray(np.add.reduce(np.take_along_axis(self.values, leaf, axis=1), axis=0))


def parse_trees(text: str) -> Trees:
    """Trees from LightGBM's text.

    Raises:
        TreesError: there are none, or such as are not walked here.
    """
    try:
        parts = [_parse_tree(_read_lines(block)) for block in text.split("\nTree=")[1:]]
    except (KeyError, ValueError) as error:
        raise TreesError(f"a tree that is not understood: {error!r}") from error
    if not parts:
        raise TreesError("no trees")
    counts = [len(part[0]) for part in parts]
    most = max(len(part[3]) for part in parts)
    return Trees(
        features=np.concatenate([part[0] for part in parts]),
        thresholds=np.concatenate([part[1] for part in parts]),
        keeps=np.concatenate([part[2] for part in parts]),
        starts=np.cumsum([0, *counts[:-1]]).astype(np.intp),
        values=np.stack([np.pad(part[3], (0, most - len(part[3]))) for part in parts]),
    )


def _read_lines(block: str) -> Mapping[str, str]:
    """Lines of a tree by their names; what follows the last tree is no line of it."""
    return dict(line.split("=", 1) for line in block.split("\n\n", 1)[0].splitlines() if "=" in line)


def _parse_tree(
    lines: Mapping[str, str],
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Features, thresholds and kept leaves of its nodes, and the values of its leaves from left to right."""
    values = np.array(lines["leaf_value"].split(), dtype=np.float64)
    if len(values) > _MOST_LEAVES:
        raise ValueError(f"{len(values)} leaves")
    if len(values) == 1:
        return np.zeros(1, np.intp), np.array([np.inf]), np.array([_ALL], np.int64), values
    if {int(kind) for kind in lines["decision_type"].split()} != {_IS_NO_GREATER}:
        raise ValueError(f"decisions {lines['decision_type']}")
    children = [
        tuple(map(int, pair))
        for pair in zip(lines["left_child"].split(), lines["right_child"].split(), strict=True)
    ]
    keeps = np.zeros(len(children), dtype=np.int64)
    order: list[int] = []

    def visit(node: int) -> None:
        """Leaves are children below 0, the first of them -1."""
        if node < 0:
            order.append(-node - 1)
            return
        left, right = children[node]
        first = len(order)
        visit(left)
        keeps[node] = _ALL & ~(2 ** len(order) - 2**first)
        visit(right)

    visit(0)
    return (
        np.array(lines["split_feature"].split(), dtype=np.intp),
        np.array(lines["threshold"].split(), dtype=np.float64),
        keeps,
        values[order],
    )
