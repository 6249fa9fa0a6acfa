"""Names of public bodies: which of them mean the same one.

Names are alike when they differ in width, spaces, brackets or stray punctuation only. A province's name in front is
left away where that cannot mix up two bodies. What else belongs together a user says in a file of aliases; an office
(人民政府办公室) is never taken for its government (人民政府).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from extractor.seams.errors import UsageError
from extractor.wording.said import say, tell_os_error

_NOISE = re.compile(r"[\W_]+")
_NAMES = (
    "河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 "
    "湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海"
)
_REGIONS = "内蒙古自治区 广西壮族自治区 西藏自治区 宁夏回族自治区 新疆维吾尔自治区"
#: Full names of provinces and regions; the four cities that are provinces are not among them.
PROVINCES = (*(f"{name}省" for name in _NAMES.split()), *_REGIONS.split())
#: Only before a city, prefecture or league of the second level: names of counties and districts are found twice.
_PREFIXED = re.compile(rf"(?:{'|'.join(PROVINCES)})(?P<rest>\w{{2,10}}?(?:市|自治州|地区|盟)\w+)")
_MOST_BYTES = 16 << 20
_KEYS = {"aliases", "parts"}


def normalise(name: str) -> str:
    """The name as names are compared: NFKC, without spaces, brackets and punctuation; text in brackets stays."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", name))


def read_aliases(path: Path) -> dict[str, str]:
    """`aliases: {正式名: [别名, …]}` of a file as the formal name of every normalised name in it.

    Raises:
        UsageError: it cannot be read or is no such file, or gives a name to two bodies.
    """
    aliases: dict[str, str] = {}
    for formal, names in _lists(path, "aliases"):
        for name in (formal, *names):
            if aliases.setdefault(normalise(name), formal) != formal:
                raise UsageError(
                    say(
                        "messages.files.both",
                        path=path,
                        name=name,
                        one=aliases[normalise(name)],
                        other=formal,
                    )
                )
    return aliases


def read_parts(path: Path, aliases: Mapping[str, str]) -> dict[str, str]:
    """`parts: {上级: [下属, …]}` of the same file as the body that each is part of, both as normalised formal names.

    Raises:
        UsageError: it cannot be read or is no such file, or makes a body part of two, or of itself.
    """

    def formal(name: str) -> str:
        return normalise(aliases.get(normalise(name), name))

    parts: dict[str, str] = {}
    for whole, names in _lists(path, "parts"):
        for name in names:
            if formal(name) == formal(whole):
                raise UsageError(say("messages.files.part_of_itself", path=path, name=name))
            if parts.setdefault(formal(name), formal(whole)) != formal(whole):
                raise UsageError(say("messages.files.part_of_two", path=path, name=name, whole=whole))
    return parts


def merge_provinces(names: Iterable[str]) -> dict[str, str]:
    """Normalised names that begin with a province → the same without it, where that name is there too.

    Left alone where two provinces lead to one name: then nobody knows which of them it is.
    """
    known = set(names)
    longer: dict[str, list[str]] = {}
    for name in sorted(known):
        found = _PREFIXED.fullmatch(name)
        if found is not None and found["rest"] in known:
            longer.setdefault(found["rest"], []).append(name)
    return {found[0]: rest for rest, found in longer.items() if len(found) == 1}


def _lists(path: Path, key: str) -> Iterator[tuple[str, list[str]]]:
    """The lists of names below a key of the file, with the name that each is for."""
    for formal, names in _parse(path, key).items():
        if not isinstance(formal, str) or not isinstance(names, list):
            raise UsageError(say("messages.files.needs_names", path=path, name=formal))
        for name in (formal, *names):
            if not isinstance(name, str) or not normalise(name):
                raise UsageError(say("messages.files.no_name", path=path, name=name, formal=formal))
        yield formal, names


def _parse(path: Path, key: str) -> Mapping[Any, Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError(say("messages.files.too_large", path=path))
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(say("messages.files.unreadable", path=path, why=tell_os_error(error))) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(say("messages.files.no_yaml", path=path, why=error)) from error
    is_known = isinstance(told, dict) and bool(told.keys() & _KEYS)
    found = told.get(key, {}) if is_known else None
    if not isinstance(found, dict):
        raise UsageError(say("messages.files.no_aliases", path=path))
    return found
