"""What befell a generated document's pages, in words: the one list of kinds for fitting and for scoring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: From which on a damage is strong: bleed-through and contrast (0 to 1), resolution (dots an inch).
_BLEED, _PALE, _COARSE = 0.1, 0.6, 140


def list_damage(truth: Mapping[str, Any]) -> tuple[str, ...]:
    """Colours of the pages, marks on them, and what is strong of the rest; nothing for a document nobody generated.

    truth: a truth file; the generator puts its specification under `generator`.
    """
    damage = (truth.get("generator") or {}).get("damage")
    if not damage:
        return ()
    strong = {
        "motion": damage.get("motion", 0) > 0,
        "photo": damage.get("perspective", 0) > 0,
        "bleed": damage.get("bleed", 0) > _BLEED,
        "coarse": damage.get("dpi", _COARSE) < _COARSE,
        "pale": damage.get("contrast", 1) < _PALE,
        "folds": damage.get("folds", 0) > 0,
        "seals": damage.get("seals", 0) > 0,
        "worn-rulings": damage.get("ruling_gaps", 0) > 0 or damage.get("ruling_fade", 0) > 0,
    }
    modes = [f"mode:{damage['mode']}"] if "mode" in damage else []
    marks = (f"mark:{kind}" for kind in damage.get("marks", ()))
    return (*modes, *marks, *(name for name, is_strong in strong.items() if is_strong))
