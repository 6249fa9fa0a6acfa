"""Letters in the simplified form in which reports are printed; recognisers read the older form of some."""

from __future__ import annotations

from functools import cache

import opencc

#: The block of Unicode that holds them, first and last.
_HAN = 0x4E00, 0x9FFF


def simplify(text: str) -> str:
    """Text with the older forms of letters as their simplified ones, to be compared; names stay as they are printed.

    What GB 2312, the standard of simplified letters, holds stays as it is: 著 and 乾 are words of their own. So do
    letters whose simplified form stands outside the block, where labels have none: 鮀 and 龑 of names.
    """
    return text.translate(_simple())


@cache
def _simple() -> dict[int, str]:
    """By code point the simplified forms of those letters that have one (OpenCC's table)."""
    letters = [chr(code) for code in range(_HAN[0], _HAN[1] + 1)]
    simple = opencc.OpenCC("t2s").convert("\n".join(letters)).split("\n")
    return {
        ord(letter): own
        for letter, own in zip(letters, simple, strict=True)
        if own != letter and _HAN[0] <= ord(own) <= _HAN[1] and not letter.encode("gb2312", "ignore")
    }
