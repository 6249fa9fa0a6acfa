"""Reasons and findings → sentences for people, by their codes and parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Formatter

from extractor.values.reason import Parameter, Reason, ReasonCode
from extractor.values.result import Finding
from extractor.wording.catalogue import Language, find_text


def tell_reason(reason: Reason, language: Language = Language.ENGLISH) -> str:
    """Why a person should look."""
    return _fill(reason_template(reason.code, language), reason.parameters, language)


def tell_finding(finding: Finding, language: Language = Language.ENGLISH) -> str:
    """What does not fit together."""
    return _fill(_text(f"findings.{finding.code}", language), finding.parameters, language)


def reason_template(code: ReasonCode, language: Language) -> str:
    """The sentence of a reason, with {parameters} in it."""
    return _text(f"reasons.{code}", language)


def _tell_words(language: Language) -> dict[str, str]:
    """Words that parameters are told with: between readings (or), for one without text (blank), for pages."""
    return {name: _text(f"words.{name}", language) for name in ("or", "blank", "page", "no_page")}


def _text(name: str, language: Language) -> str:
    text = find_text(f"results.{name}", language)
    if text is None:
        raise KeyError(name)
    return text


def _fill(template: str, parameters: Mapping[str, Parameter], language: Language) -> str:
    words = _tell_words(language)
    shown = {name: _show(name, value, words) for name, value in parameters.items()}
    return template.format_map(shown)


def _show(name: str, value: Parameter, words: Mapping[str, str]) -> object:
    if name.endswith("_page"):
        return words["no_page"] if value is None else words["page"].format(value)
    if isinstance(value, tuple):
        texts = [part for part in value if isinstance(part, str)]
        if texts:
            return words["or"].join(text or words["blank"] for text in texts)
        return Amounts([float(part) for part in value if not isinstance(part, str)])
    if isinstance(value, float):
        return f"{value:.10g}"
    return words["blank"] if value == "" else value


class Amounts:
    """Amounts as a person writes their sum, those that are 0 left out; with `total` what they come to as well."""

    def __init__(self, amounts: Sequence[float]) -> None:
        self._amounts = [amount for amount in amounts if amount]

    def __format__(self, how: str) -> str:
        terms = " + ".join(f"{amount:.10g}" for amount in self._amounts) or "0"
        if how == "total" and len(self._amounts) > 1:
            return f"{terms} = {sum(self._amounts):.10g}"
        return terms


def parameter_from_json(value: object) -> Parameter:
    """A parameter as a result JSON has it: a text, a number, null, or a list of either texts or numbers.

    Raises:
        TypeError: it is something else.
    """
    if isinstance(value, list):
        if all(isinstance(part, str) for part in value):
            return tuple(value)
        if all(_is_number(part) for part in value):
            return tuple(float(part) for part in value)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and _is_number(value):
        return value
    raise TypeError(f"{value!r} is no parameter of a sentence")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def find_reason(told: str) -> Reason | None:
    """The reason that an English sentence tells, None for any other.

    Results from before reasons had codes have nothing else; only a reason that is worded to the letter so
    is taken for it.
    """
    templates = {code: reason_template(code, Language.ENGLISH) for code in ReasonCode}
    for code in sorted(ReasonCode, key=lambda code: -len(templates[code])):
        parameters = _unfill(templates[code], told) if code is not ReasonCode.TOLD else None
        if parameters is not None:
            reason = Reason(code, parameters)
            if tell_reason(reason) == told:
                return reason
    return None


def _unfill(template: str, told: str) -> dict[str, Parameter] | None:
    """What a template was filled with to become this sentence; None where it cannot have."""
    parts = list(Formatter().parse(template))
    rest, found = told, dict[str, Parameter]()
    for place, (fixed, name, _, _) in enumerate(parts):
        if rest[: len(fixed)] != fixed:
            return None
        rest = rest[len(fixed) :]
        if name is None:
            continue
        following = parts[place + 1][0] if place + 1 < len(parts) else ""
        text, _, after = rest.partition(following) if following else (rest, "", "")
        value = _read_parameter(name, text)
        if value is None:
            return None
        found[name], rest = value, following + after
    return found if not rest else None


def _read_parameter(name: str, text: str) -> Parameter:
    words = _tell_words(Language.ENGLISH)
    if name == "readings":
        return tuple("" if part == words["blank"] else part for part in text.split(words["or"]))
    if name in {"left", "right"}:
        try:
            return tuple(float(amount) for amount in text.split(" + "))
        except ValueError:
            return None
    return "" if text == words["blank"] else text
