"""In which language people are spoken to: by --lang or the environment, English where neither says Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from extractor.wording.catalogue import Language
from extractor.wording.said import say, word

#: Files of the catalogue: the web pages, and the help of the commands.
PAGES, COMMANDS = "pages", "commands"
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


class _Speaker:
    """The one language of this process."""

    language = Language.ENGLISH


def speak(language: Language) -> None:
    """Sets the language of what people are told from now on."""
    _Speaker.language = language


def spoken() -> Language:
    """The language people are told things in."""
    return _Speaker.language


def tell(key: str, /, **parameters: object) -> str:
    """The sentence of a key in the language spoken. Raises as `say`."""
    return word(say(key, **parameters), spoken())


def in_words(text: object) -> str:
    """A text, or what an error says, in the language spoken; what nobody worded stays as it is."""
    return word(str(text), spoken())


def find_language(environment: Mapping[str, str]) -> Language:
    """The language of an environment, by the first of LC_ALL, LC_MESSAGES and LANG that says anything."""
    told = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return Language.CHINESE if told.lower().startswith("zh") else Language.ENGLISH
