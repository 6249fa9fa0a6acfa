"""What a note on a cell says about its field."""

from __future__ import annotations

from collections.abc import Callable

from extractor.output.sentences import tell_reason
from extractor.values.result import Field, FieldStatus, Origin
from extractor.wording.catalogue import Language
from extractor.wording.said import say, word


def tell_field(field: Field, language: Language) -> str:
    """Why the field is in review, or what a person changed; "" where there is nothing to tell."""

    def note(key: str, **told: object) -> str:
        return word(say(f"sheets.note.{key}", **told), language)

    if field.status is FieldStatus.REVIEW:
        return "\n".join(_doubts(field, note, language))
    machine = field.machine
    if machine is None:
        return ""
    how = "settled" if field.origin is Origin.SETTLED else "decided"
    lines = [
        note(how, value=field.raw or say(f"messages.words.{field.kind}")),
        note("machine", value=machine.raw or say(f"messages.words.{machine.kind}")),
    ]
    return "\n".join([*lines, *([note("printed_so")] if field.printed_so else [])])


def _doubts(field: Field, note: Callable[..., str], language: Language) -> list[str]:
    reasons = (tell_reason(reason, language) for reason in field.reasons)
    lines = [note("review", reasons=note("between").join(reasons))]
    if field.candidates:
        blank = say("messages.words.blank")
        shown = (
            note("candidate", value=item.raw or blank, share=item.probability)
            for item in field.candidates[:5]
        )
        lines.append(note("candidates", values=note("beside").join(shown)))
    if field.page_no is not None:
        lines.append(note("page", page=field.page_no))
    return lines
