"""Keys a reviewer presses who answers from the truth, field by field or all that one question settles at once.

A key is what the page knows as one: a digit, Enter, a letter, an arrow, Alt with a digit. What the page asks back
costs the key that says it again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from rapidfuzz.distance import Levenshtein

#: By field what is printed; the name of the organ is a text.
Truth = Mapping[str, float | str | None]
#: As `FAR` of the page's asking.js.
_FAR = 2
#: Readings that a key chooses.
_CHOSEN = 5


@dataclass
class Effort:
    """What a review took. changed: fields whose value is not the machine's; settled: fields the sums settled."""

    cards: int = 0
    fields: int = 0
    keys: int = 0
    changed: int = 0
    settled: int = 0


def review(client: httpx.Client, truth: list[dict[str, Any]], *, together: bool) -> Effort:
    """Settles everything that waits, as the truth has it."""
    effort = Effort()
    while card := client.post("/v1/review/next", json={}).json()["field"]:
        told = truth_of(truth[card["report"]])
        members = (card["together"] if together else []) or [card]
        effort.cards += 1
        effort.fields += len(members)
        effort.keys += count_keys(members, members.index(_own(card, members)), told)
        effort.changed += sum(not is_right(item, told) for item in members)
        effort.settled += len(decide(client, members, told)["settled"])
    return effort


def decide(client: httpx.Client, cards: list[dict[str, Any]], truth: Truth) -> dict[str, Any]:
    """Decides fields of one report as the truth has them; a number or else a blank."""
    decisions = [
        {"field": card["field"], "version": card["version"], **_told(truth[card["field"]])} for card in cards
    ]
    body = {"report": cards[0]["report"], "decisions": decisions}
    answer = client.post(f"/v1/jobs/{cards[0]['job']}/decisions", json=body)
    answer.raise_for_status()
    return dict(answer.json())


def take_all_back(client: httpx.Client) -> None:
    """Takes back whatever was decided."""
    while client.post("/v1/review/undo", json={}).status_code == 200:
        pass


def truth_of(report: Mapping[str, Any]) -> Truth:
    """All that a truth file says of a report and that people may be asked about; what it does not say is blank."""
    told = {**report["fields"], "organ": report["organ"], "year": report["year"]}
    return defaultdict(lambda: None, told)


def _told(value: float | str | None) -> dict[str, str]:
    if value is None:
        return {"kind": "blank"}
    return {"kind": "text" if isinstance(value, str) else "number", "raw": _text(value)}


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"


def _own(card: dict[str, Any], members: list[dict[str, Any]]) -> dict[str, Any]:
    return next(item for item in members if item["field"] == card["field"])


def is_right(card: dict[str, Any], truth: Truth) -> bool:
    value = truth[card["field"]]
    if isinstance(value, str):
        return bool(card["raw"] == value)
    kinds = {"number"} if value is not None else {"blank", "dash"}
    return card["kind"] in kinds and card["value"] == value


def count_keys(members: list[dict[str, Any]], at: int, truth: Truth) -> int:
    """Keys from the member shown first to all of them decided."""
    if len(members) > 1 and all(item["kind"] == "missing" for item in members):
        # All have to be said, and what says one goes on: by itself, or by Enter.
        said = [_typed(item, truth[item["field"]]) for item in members]
        return sum(typed + int(not goes_on) for typed, goes_on in said) + int(_breaks(members, truth))
    keys, is_far = 0, False
    wrong = [i for i, item in enumerate(members) if not is_right(item, truth)]
    for i in sorted(wrong, key=lambda i: (i < at, i)):
        # What is chosen by one key goes on to the next by itself, what is typed does not.
        keys += abs(i - at)
        typed, goes_on = _typed(members[i], truth[members[i]["field"]])
        keys += typed
        at = min(i + 1, len(members) - 1) if goes_on and len(members) > 1 else i
        is_far |= _is_far(members[i], truth[members[i]["field"]])
    # One field chosen by a key needs no Enter; p takes the place of Enter where a sum is printed wrong.
    alone = len(members) == 1 and bool(wrong) and _typed(members[0], truth[members[0]["field"]])[1]
    keys += 0 if alone else 1
    asks_of_sum = bool(wrong) and _breaks(members, truth)
    return keys + int(is_far or asks_of_sum)


def _typed(card: dict[str, Any], value: float | str | None) -> tuple[int, bool]:
    """Keys that say a value, and whether the last of them goes on."""
    if value is None:
        return 1, True
    if any(_says(item, value) for item in card["candidates"][:_CHOSEN]):
        return 1, True
    return len(_text(value)), False


def _says(candidate: dict[str, Any], value: float | str) -> bool:
    if isinstance(value, str):
        return bool(candidate["raw"] == value)
    return candidate["kind"] == "number" and candidate["value"] == value


def _is_far(card: dict[str, Any], value: float | str | None) -> bool:
    if isinstance(value, str):
        return False
    said = "" if value is None else _text(value)
    read = [item["raw"].replace(",", "") for item in card["candidates"]]
    read += [f"{item['value']:.10g}" for item in card["candidates"] if item["value"] is not None]
    is_same = value is None and any(item["kind"] == "blank" for item in card["candidates"])
    return bool(read) and not is_same and min(Levenshtein.distance(said, text) for text in read) >= _FAR


def _breaks(members: list[dict[str, Any]], truth: Truth) -> bool:
    """Whether a sum of which nothing else is open does not hold with what is true."""
    here = {item["field"] for item in members}
    sums = {item["id"]: item for card in members for item in card["sums"]}
    for one in sums.values():
        parts = [*one["left"], *one["right"]]
        is_waiting = any(part["open"] and part["field"] not in here for part in parts)
        if not is_waiting and _difference(one, here, truth):
            return True
    return False


def _difference(one: dict[str, Any], here: set[str], truth: Truth) -> float:
    def total(side: str) -> float:
        return sum(float((truth[p["field"]] if p["field"] in here else p["value"]) or 0.0) for p in one[side])

    return round(total("left") - total("right"), 4)
