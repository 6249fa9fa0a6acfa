"""A second reader for the cells in doubt, and only for those; its agreement is evidence, its word is not final."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from extractor.deciding.candidates import escaped, weigh_by_shape
from extractor.reading.numbers import parse_annotated, parse_content
from extractor.reading.page_reader import cut_line
from extractor.reading.readings import guess_texts
from extractor.seams.engine import FIGURE_SCALE, Gray, OcrEngine, Reading
from extractor.values.opinion import Opinion
from extractor.values.option import Belief, Content, Option
from extractor.values.page import PageImage
from extractor.values.result import Kind
from extractor.values.slot import Slot

#: Posterior below which a cell is read again.
#: ±20 %: confidence by 0.036 at most.
DOUBT = 0.99
#: Odds by which agreement of two recognisers speaks for a reading, and by which one they do not share loses. Two
#: models trained by the same people repeat each other's errors, hence no more than this.
#: ±20 %: 2 fields, 1 status.
_AGREE, _DIFFER = 6.0, 0.5
#: Share of the illegible rest given to a reading that only the second reader has.
#: ±20 %: nothing (read on 1 of 22 documents).
_NEW_SHARE = 0.3
#: Another crop is another look: padded by this share of the text's height instead of the first reader's.
#: ±20 %: 1 status.
AGAIN_PAD = 0.3


def ask_second(
    slots: Sequence[Slot],
    options: Mapping[str, Sequence[Option]],
    beliefs: Mapping[str, Belief],
    images: Mapping[int, PageImage],
    second: OcrEngine,
    unvouched: Collection[str] = (),
) -> dict[str, Opinion]:
    """What a second recogniser reads in the doubtful cells; one that says nothing it was asked for is left out.

    `unvouched`: fields for which nothing but their own reading speaks, doubtful however clear they read.
    """
    doubtful = [s for s in slots if s.spec.id in unvouched or max(beliefs[s.spec.id], default=1.0) < DOUBT]
    notes = {s.spec.id for s in doubtful if any(_is_noted(o) for o in options[s.spec.id])}
    bare = [s for s in doubtful if s.spec.id not in notes]
    noted = [s for s in doubtful if s.spec.id in notes]
    said = _ask(bare, images, second, _crop, _hear, FIGURE_SCALE)
    return said | _ask(noted, images, second, _crop_note, _hear_note, FIGURE_SCALE)


def _ask(
    slots: Sequence[Slot],
    images: Mapping[int, PageImage],
    second: OcrEngine,
    crop: Callable[[Slot, PageImage], Gray | None],
    hear: Callable[[Reading, Slot], Opinion | None],
    scale: float,
) -> dict[str, Opinion]:
    asked = [
        (slot, cut)
        for slot in slots
        if (image := images.get(slot.page_no or 0)) is not None and (cut := crop(slot, image)) is not None
    ]
    readings = second.read([cut for _, cut in asked], width_scale=scale) if asked else []
    heard = ((slot.spec.id, hear(reading, slot)) for (slot, _), reading in zip(asked, readings, strict=True))
    return {key: opinion for key, opinion in heard if opinion is not None}


def _is_noted(option: Option) -> bool:
    """A number with a unit or a note behind it."""
    return parse_annotated(option.raw, decimals=True) is not None


def _hear(reading: Reading, slot: Slot) -> Opinion | None:
    """What was read, weighed by the same strokes of ink as the first reader's word; what only they say is none."""
    decimals = slot.spec.decimals
    guesses = guess_texts(reading)
    if slot.cell is not None:
        own = {guess.text.lstrip("-") for guess in guesses}
        guesses = weigh_by_shape(guesses, slot.cell.shape, signed=slot.spec.signed)
        if guesses and guesses[0].text.lstrip("-") not in own:
            return None
    content = parse_content(guesses[0].text, decimals=decimals) if guesses else None
    if content is None or content.kind is Kind.BLANK or not guesses[0].probability:
        return None
    shares: dict[Content, float] = defaultdict(float)
    for guess in guesses:
        said = parse_content(guess.text, decimals=decimals)
        if said is not None:
            shares[said] += guess.probability
    return Opinion(guesses[0].text, content, dict(shares))


def _crop(slot: Slot, image: PageImage) -> Gray | None:
    cell = slot.cell
    if cell is None or cell.ink is None or cell.reading is None or cell.reading.certain:
        return None
    return cut_line(image.flat, cell.ink, AGAIN_PAD, cell.cell.box.shrink(2), cell.ink.height)


def _crop_note(slot: Slot, image: PageImage) -> Gray | None:
    """The line of a cell that starts with its number; the note behind it may go on below."""
    cell = slot.cell
    if cell is None or not cell.lines or (cell.reading is not None and cell.reading.certain):
        return None
    line = cell.lines[0].box
    return cut_line(image.flat, line, AGAIN_PAD, cell.cell.box.shrink(2), line.height)


def _hear_note(reading: Reading, slot: Slot) -> Opinion | None:
    content = parse_annotated(reading.text, decimals=slot.spec.decimals)
    return None if content is None else Opinion(reading.text, content, {content: reading.score})


def weigh_opinion(options: Sequence[Option], opinion: Opinion) -> tuple[Option, ...]:
    """Options with the odds moved by a second reading; they still sum to at most 1."""
    rest = escaped(options)
    weighed = [
        Option(o.raw, o.content, o.probability * (_AGREE if o.content == opinion.content else _DIFFER))
        for o in options
    ]
    if all(o.content != opinion.content for o in options):
        weighed.append(Option(opinion.text, opinion.content, _NEW_SHARE * rest))
        rest *= 1.0 - _NEW_SHARE
    total = sum(o.probability for o in weighed) + rest
    scaled = (Option(o.raw, o.content, o.probability / total) for o in weighed)
    return tuple(sorted(scaled, key=lambda o: -o.probability))
