"""What a cell says, in the alphabet of the number reader: its numeric symbols, and one mark for all that is none."""

from __future__ import annotations

import unicodedata

from extractor.seams.engine import NUMERIC_ALPHABET
from models.alphabet import LOOK_ALIKES

#: Stands for one glyph that is no numeric symbol.
OTHER = "?"
#: Characters that look like a numeric symbol, or a piece of one, where nothing stands beside them.
LIKE_SYMBOLS = frozenset("一十二、（）口日工")
_FOLDED = {
    shape: symbol for symbol, shapes in LOOK_ALIKES.items() for shape in shapes if symbol in "0123456789.,-/+"
}
_DASHES = {"—": "—", "–": "—", "―": "—", "－": "-", "−": "-"}
#: Letters and marks that may stand for themselves in a label, though a lone one is folded.
_WORDS = frozenset("OoIl|一日q")


def to_labels(text: str) -> str:
    """The text glyph by glyph; what is no numeric symbol is `OTHER`, two dashes in a row are one long one."""
    found: list[str] = []
    for character in text.strip():
        if character.isspace():
            continue
        if character in _DASHES:
            symbol = _DASHES[character]
            if symbol == "—" and found and found[-1] == "—":
                continue
        elif character in _WORDS:
            symbol = OTHER
        else:
            # Full-width forms are folded; a figure in a circle is the mark of a note.
            is_wide = "\uff00" <= character <= "\uffef"
            folded = unicodedata.normalize("NFKC", character) if is_wide else character
            symbol = _FOLDED.get(character, folded if folded in NUMERIC_ALPHABET else OTHER)
        found.append(symbol)
    return "".join(found)
