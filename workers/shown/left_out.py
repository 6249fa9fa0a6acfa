"""Files that were found and are no documents, in words."""

from __future__ import annotations

from collections.abc import Mapping

from extractor.scan.foreign import tell_ending
from workers.shown.speech import in_words, tell


def tell_left_out(found: Mapping[str, int]) -> list[str]:
    """A line of the files that were found and are no documents; none where there were none."""
    if not found:
        return []
    hints = {
        word: None for ending in sorted(found) if (hint := tell_ending(ending)) and (word := in_words(hint))
    }
    return [tell("messages.summary.left_out", kinds=_list_kinds(found)), *hints]


def _list_kinds(left_out: Mapping[str, int]) -> str:
    """Counts of files by ending, most first: "3 .docx, 1 without an ending"."""
    order = sorted(left_out.items(), key=lambda item: (-item[1], item[0]))
    none = tell("messages.summary.no_ending")
    told = (tell("messages.summary.kind", count=count, ending=ending or none) for ending, count in order)
    return tell("messages.summary.between").join(told)
