"""A second reader for the cells in doubt, and only for those; its agreement is evidence, its word is not final."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from extractor.candidates import Option, escaped, weigh_by_shape
from extractor.columns import Slot
from extractor.decoding import Belief
from extractor.engine import Gray, OcrEngine, Reading
from extractor.numbers import Content, parse_content
from extractor.pages import NUMBER_SCALE, PageImage, cut_line
from extractor.readings import guess_texts
from extractor.result import Kind

#: Posterior below which a cell is read again.
DOUBT = 0.99
#: Odds by which agreement of two recognisers speaks for a reading, and by which one they do not share loses. Two
#: models trained by the same people repeat each other's errors, hence no more than this.
_AGREE, _DIFFER = 6.0, 0.5
#: Share of the illegible rest given to a reading that only the second reader has.
_NEW_SHARE = 0.3
#: Another crop is another look: padded by this share of the text's height instead of the first reader's.
_PAD = 0.3


@dataclass(frozen=True, slots=True)
class Opinion:
    """What another recogniser read in a cell, and what that says.

    shares: probability it gives to each thing the cell may say.
    """

    text: str
    content: Content
    shares: Mapping[Content, float] = field(default_factory=dict)


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
    asked: list[Slot] = []
    crops: list[Gray] = []
    for slot in slots:
        is_doubtful = slot.spec.id in unvouched or max(beliefs[slot.spec.id], default=1.0) < DOUBT
        crop = _crop(slot, images) if is_doubtful else None
        if crop is not None:
            asked.append(slot)
            crops.append(crop)
    readings = second.read(crops, width_scale=NUMBER_SCALE) if crops else []
    said = {}
    for slot, reading in zip(asked, readings, strict=True):
        opinion = _hear(reading, slot)
        if opinion is not None:
            said[slot.spec.id] = opinion
    return said


def _hear(reading: Reading, slot: Slot) -> Opinion | None:
    """What was read, weighed by the same strokes of ink as the first reader's word."""
    decimals = slot.spec.decimals
    guesses = guess_texts(reading)
    if slot.cell is not None:
        guesses = weigh_by_shape(guesses, slot.cell.shape)
    content = parse_content(guesses[0].text, decimals=decimals) if guesses else None
    if content is None or content.kind is Kind.BLANK:
        return None
    shares: dict[Content, float] = defaultdict(float)
    for guess in guesses:
        said = parse_content(guess.text, decimals=decimals)
        if said is not None:
            shares[said] += guess.probability
    return Opinion(guesses[0].text, content, dict(shares))


def _crop(slot: Slot, images: Mapping[int, PageImage]) -> Gray | None:
    cell = slot.cell
    if (
        cell is None
        or cell.ink is None
        or cell.reading is None
        or cell.reading.certain
        or slot.page_no is None
    ):
        return None
    image = images.get(slot.page_no)
    return (
        None
        if image is None
        else cut_line(image.flat, cell.ink, _PAD, cell.cell.box.shrink(2), cell.ink.height)
    )


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
