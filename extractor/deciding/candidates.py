"""A printed cell → what it may say, with probabilities.

Only what the pixels support stands here: readings of the recogniser, or emptiness seen in the ink. Arithmetic
may later choose among these; it never adds one.
"""

from __future__ import annotations

from collections.abc import Sequence

from extractor.reading.numbers import parse_annotated, parse_content
from extractor.reading.readings import Guess, guess_texts
from extractor.values.option import Content, Option
from extractor.values.page import ReadCell
from extractor.values.reason import Trouble
from extractor.values.result import Kind
from extractor.values.shape import Shape
from extractor.values.slot import Slot

#: Readings kept per cell.
#: ±20 %: confidence by 0.00073 at most.
MAX_OPTIONS = 6
#: Probability that a level stroke before the digits of a change is its minus, whatever the recogniser says: of 150
#: changes of office and hard scans with one that were not read with a plus, one was positive. Of 140 counts with one
#: none was negative: there it is a speck.
#: ±20 %: confidence by 0.0069 at most (read on 2 of 22 documents).
_MINUS = 0.96
#: Probability that a minus which is read before the digits of a change and not seen there is a speck, and that one
#: stands where faint ink that joins them veils it. Of 70 hard scans 12 changes have such a reading, one of them
#: positive; of six whose minus was lost five were veiled, of 43 positive ones one.
_SPECK_MINUS, _VEILED_MINUS = 0.1, 0.3
#: Odds by which the slant of a lone stroke speaks against a slash or a one: of 280 ones none had a slope below -0.02,
#: of 197 slashes none above -0.29, while recognisers call some fonts' slashes a one with 0.999.
#: ±20 %: no value, status or confidence (read on 6 of 22 documents).
_SLANT_ODDS = 20_000.0
#: Odds by which a level or slanted stroke alone speaks for a dash, the probability a recogniser must give one, and
#: what it has then.
#: ±20 %: 7 statuses (read on 4 of 22 documents).
_LEVEL_ODDS, _LEAST_DASH, _DRAWN_DASH = 40.0, 0.05, 0.99
#: A straight slanted stroke alone is a slash, whether or not the recogniser knows one, unless it gives this much to
#: figures: of 4,163 of office scans none was anything else. A level one must get this much of it to be a dash.
#: ±20 %: nothing (read on 4 of 22 documents).
_FIGURES, _HINT = 0.5, 0.002
#: Share of its probability that a number keeps whose last point must be a speck.
#: ±20 %: confidence by 0.07 at most.
_SPECK_ODDS = 0.9
#: Chance that an inkless cell holds a stroke the scan lost: once in 1,001 blanks of office and hard scans, where
#: little else of the table could be read either.
#: ±20 %: confidence by 8.4e-05 at most (read on 2 of 22 documents).
_LOST_INK = 0.004
#: Share of a digit's height below which what is left in an empty cell is dust.
#: ±20 %: nothing (read on 2 of 22 documents).
_DUST_SHARE = 0.3
#: Level strokes.
_DASHES = frozenset({"-", "—"})
#: Signs of which a recogniser makes an upright stroke and specks about it.
_UPRIGHT = frozenset("1.,-—/")
#: Probability put on a text that a recogniser without step probabilities returned.
#: ±20 %: not read.
_PARSED_TEXT = 0.97


def list_options(slot: Slot) -> tuple[Option, ...]:
    """Options of a slot, likeliest first; empty where nothing can be said (no cell, or not a number at all)."""
    cell = slot.cell
    if cell is None or slot.trouble is Trouble.RUN_TOGETHER:
        return ()
    if cell.ink is None:
        empty = 1.0 - _LOST_INK if cell.glyph_share < _DUST_SHARE else 0.9
        return (Option("", Content(Kind.BLANK, None), empty),)
    decimals = slot.spec.decimals
    annotated = _annotated_option(cell, decimals=decimals)
    if annotated is not None:
        return (annotated,)
    if cell.reading is None:
        if len(cell.lines) > 1 and not _is_one_number(cell, decimals=decimals):
            # Figures on two lines are those of two rows whose ruling is lost.
            return ()
        content = parse_content(cell.text, decimals=decimals)
        score = min((line.score for line in cell.lines), default=0.0)
        return (Option(cell.text, content, min(score, _PARSED_TEXT)),) if content else ()
    return _merge_options(cell, decimals=decimals, signed=slot.spec.signed)


def _is_one_number(cell: ReadCell, *, decimals: bool) -> bool:
    """Whether the lines of a cell are one number by what they say: "1,88" is none, and with the "8" below it is.

    Where the width of its lines tells already that a number is wrapped (`ink.wrapped`), it was read as one line.
    """
    texts = [line.text for line in cell.lines]
    return "," in texts[0] and all(
        parse_content("".join(texts[:count]), decimals=decimals) is None for count in range(1, len(texts))
    )


def _merge_options(cell: ReadCell, *, decimals: bool, signed: bool) -> tuple[Option, ...]:
    """Texts that say the same are one option under the likelier text."""
    if cell.reading is None:
        return ()
    merged: dict[tuple[Kind, float | None], Option] = {}
    # What a file says of itself is not looked for in its ink.
    signed = signed and not cell.reading.certain
    for guess in weigh_by_shape(guess_texts(cell.reading), cell.shape, signed=signed):
        content = parse_content(guess.text, decimals=decimals)
        if content is None and guess.text[:-1].isdigit() and guess.text.endswith("."):
            # A speck behind a number is no point of it.
            content = parse_content(guess.text[:-1], decimals=decimals)
            guess = Guess(guess.text[:-1], guess.probability * _SPECK_ODDS)
        if content is None or content.kind is Kind.BLANK:
            continue
        key = (content.kind, content.value)
        known = merged.get(key)
        probability = guess.probability + (known.probability if known else 0.0)
        merged[key] = Option(known.raw if known else guess.text, content, min(probability, 1.0))
    return tuple(sorted(merged.values(), key=lambda o: -o.probability)[:MAX_OPTIONS])


def weigh_by_shape(guesses: Sequence[Guess], shape: Shape, *, signed: bool = False) -> list[Guess]:
    """Probability moved between a slash and a one by the stroke's slant, and between signed and unsigned numbers.

    A dash the recogniser thinks of at all is one where a level stroke is all there is, and a straight slanted one is
    a slash even where it knows none. What it gives an upright stroke where it is slanted is nobody else's: where
    figures outweigh the slash, it is gone.
    signed: the cell may hold a change, and a minus seen in the ink is one; one that is read and not seen may be a
    speck, and one where faint ink lies may not be seen.
    """
    if signed:
        guesses = _add_minus(guesses) if shape.minus else _doubt_sign(guesses, veiled=shape.veiled)
    before = sum(guess.probability for guess in guesses)
    if _is_drawn(guesses, shape):
        before = max(before, _DRAWN_DASH)
        if shape.is_slash and not any(_is_slash(guess.text) for guess in guesses):
            guesses = [*guesses, Guess("/", _DRAWN_DASH)]
    elif shape.leans and not any(_is_slash(guess.text) for guess in guesses):
        before -= sum(guess.probability for guess in guesses if _is_upright(guess.text))
    weighed = [Guess(g.text, g.probability * _shape_weight(g.text, shape)) for g in guesses]
    after = sum(guess.probability for guess in weighed)
    scale = before / after if after > 0 else 1.0
    return sorted((Guess(g.text, g.probability * scale) for g in weighed), key=lambda g: -g.probability)


def _is_drawn(guesses: Sequence[Guess], shape: Shape) -> bool:
    """Whether the ink is a dash that the recogniser thinks of, or a slash."""
    if not (shape.level or shape.is_slash):
        return False
    is_own = _is_dash if shape.level else _is_slash
    own = sum(guess.probability for guess in guesses if is_own(guess.text))
    figures = sum(guess.probability for guess in guesses if not _UPRIGHT.issuperset(guess.text))
    least = _HINT if shape.level else 0.0
    return own >= _LEAST_DASH or (own >= least and figures < _FIGURES)


def _doubt_sign(guesses: Sequence[Guess], *, veiled: bool) -> list[Guess]:
    """Some of the probability of a minus that is read and not seen given to the number without it.

    veiled: where one could not be seen, some of that of every unsigned number given to the same with a minus.
    """
    moved: dict[str, float] = {}
    for text, probability in ((guess.text, guess.probability) for guess in guesses):
        is_number = text.strip("0").isdigit()
        share = _SPECK_MINUS if text[:1] in _DASHES and text[1:].strip("0").isdigit() else 0.0
        share = _VEILED_MINUS if veiled and is_number else share
        other = "-" + text if is_number else text[1:]
        moved[text] = moved.get(text, 0.0) + (1.0 - share) * probability
        if share:
            moved[other] = moved.get(other, 0.0) + share * probability
    return sorted((Guess(text, p) for text, p in moved.items()), key=lambda guess: -guess.probability)


def _add_minus(guesses: Sequence[Guess]) -> list[Guess]:
    """Most of the probability of every unsigned number given to the same with a minus."""
    kept: dict[str, float] = {}
    for text, probability in ((guess.text, guess.probability) for guess in guesses):
        moved = _MINUS * probability if text[:1].isdigit() and text.strip("0") else 0.0
        kept[text] = kept.get(text, 0.0) + probability - moved
        if moved:
            kept["-" + text] = kept.get("-" + text, 0.0) + moved
    return sorted((Guess(text, p) for text, p in kept.items()), key=lambda guess: -guess.probability)


def _is_dash(text: str) -> bool:
    return text in _DASHES


def _is_slash(text: str) -> bool:
    return text == "/"


def _is_upright(text: str) -> bool:
    """What an upright stroke and specks about it are taken for; nothing at all is one of them."""
    return not _is_slash(text) and _UPRIGHT.issuperset(text)


def _shape_weight(text: str, shape: Shape) -> float:
    if not text and shape.level:
        return 1.0 / _SLANT_ODDS
    if shape.level and not _is_dash(text):
        return 1.0 / _LEVEL_ODDS
    if shape.leans and _is_upright(text):
        return 1.0 / _SLANT_ODDS
    if shape.is_slash and not _is_slash(text):
        return 1.0 / _LEVEL_ODDS
    if text == "/" and shape.is_upright:
        return 1.0 / _SLANT_ODDS
    return 1.0


def _annotated_option(cell: ReadCell, *, decimals: bool) -> Option | None:
    content = parse_annotated(cell.text, decimals=decimals)
    if content is None:
        return None
    certain = cell.reading is not None and cell.reading.certain
    score = 1.0 if certain else min(min(line.score for line in cell.lines), _PARSED_TEXT)
    return Option(cell.text, content, score)


def escaped(options: Sequence[Option]) -> float:
    """Probability that the cell says none of its options, 0 to 1."""
    return max(0.0, 1.0 - sum(option.probability for option in options))
