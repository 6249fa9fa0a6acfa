"""What is asked of whoever reads documents, written once: for command line, service and the process that reads.

Nothing heavy is imported until something is loaded: naming options costs nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from extractor import __version__
from extractor.forms.definition import load_forms
from extractor.seams.calibrator import ERROR_BUDGET, MAX_ERROR_BUDGET
from extractor.seams.errors import ExtractorError, UsageError
from extractor.seams.options import Options, parse_limits
from extractor.seams.readers import Readers
from extractor.wording.said import say
from models import PACKAGE as MODELS
from models.engines import check_engine_name, load_readers, second_engine_name
from workers.files.digests import digest_package, file_digest

_DEFAULTS = Options()


class SetupError(ExtractorError):
    """An engine, a form or a card does not load: no document can be read with these options."""

    code = "setup"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What reads a document, and a fingerprint of everything that can change a result."""

    readers: Readers
    options: Options
    fingerprint: str


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Everything that can change what is read of a document.

    second_engine: as asked for, "auto" and "none" included. forms, facts: files of the user's own beside those that
    ship. max_pages: documents with more are refused. max_megapixels: pages that would have more are drawn smaller.
    limits: other limits of a document that do not have their usual value, as `parse_limits` takes them.
    error_budget: silent errors allowed among 10,000 accepted fields. card: of the calibrator, None for the one that
    ships. password: for encrypted PDFs, None when none is known; it goes by a pipe to the process that reads, and
    into nothing else.
    """

    engine: str = "fast"
    second_engine: str = "auto"
    forms: tuple[Path, ...] = ()
    facts: tuple[Path, ...] = ()
    max_pages: int = _DEFAULTS.max_pages
    max_megapixels: float = _DEFAULTS.max_megapixels
    error_budget: float = ERROR_BUDGET
    card: Path | None = None
    limits: tuple[str, ...] = ()
    password: str | None = field(default=None, repr=False)

    @property
    def second(self) -> str:
        """Name of the second engine, empty for none."""
        return second_engine_name(self.engine, self.second_engine)

    def to_json(self) -> dict[str, Any]:
        """The options, the password among them, as `from_json` takes them."""
        told = {item.name: getattr(self, item.name) for item in fields(self)}
        files = {name: [str(path) for path in told[name]] for name in ("forms", "facts")}
        return told | files | {"card": None if self.card is None else str(self.card)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> ReadOptions:
        """The options of `to_json`."""
        files = {name: tuple(map(Path, told[name])) for name in ("forms", "facts")}
        card = None if told["card"] is None else Path(told["card"])
        return cls(**{**told, **files, "card": card, "limits": tuple(told["limits"])})

    def check(self) -> None:
        """Finds what would fail with every document, short of loading an engine.

        Raises:
            UsageError: there is no such engine, or a form, a file of facts or the card cannot be used.
        """
        for name in filter(None, (self.engine, self.second)):
            check_engine_name(name)
        if not 0 < self.error_budget <= MAX_ERROR_BUDGET:
            raise UsageError(say("messages.options.budget", budget=self.error_budget))
        self._to_options()

    def load(self) -> Loaded:
        """Everything that reads, ready for the first document.

        Raises:
            SetupError: some of it does not load.
        """
        try:
            readers = load_readers(self.engine, self.second)
            options = self._to_options()
            makers = [*readers.fingerprints.values(), options.judge.fingerprint]
            makers += [options.finder.fingerprint if options.finder else ""]
            return Loaded(readers, options, self.fingerprint(makers))
        except (ExtractorError, OSError) as error:
            raise SetupError(str(error)) from error

    def fingerprint(self, makers: Sequence[str] = ()) -> str:
        """Changes whenever a document could be read differently: by engines, code, forms, facts, card or limits.

        makers: fingerprints of what was loaded, which tell the runtime and precision of one machine too. Without them
        it is known before anything is loaded, and every machine of a service gives the same. The password changes no
        result, only whether there is one; it stays out, for what is written into results could be searched for it.

        Raises:
            OSError: a file of forms or facts, or the card, cannot be read.
        """
        parts = {
            "engines": [self.engine, self.second],
            "makers": list(makers),
            "version": __version__,
            # The models' own files name their weights by SHA-256, as the card names its trees.
            "code": [digest_package("extractor"), digest_package(MODELS)],
            "forms": [file_digest(path) for path in self.forms],
            "facts": [file_digest(path) for path in self.facts],
            "limits": [self.max_pages, self.max_megapixels, *sorted(self.limits)],
            "judge": [self.error_budget, file_digest(self._card())],
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]

    def _card(self) -> Path:
        from models.calibration import SHIPPED

        return self.card or SHIPPED

    def _to_options(self) -> Options:
        from models.calibration import load_judge
        from models.prose import load_finder

        load_forms(self.forms)
        return Options(
            password=self.password,
            max_pages=self.max_pages,
            max_megapixels=self.max_megapixels,
            limits=parse_limits(self.limits),
            forms=self.forms,
            judge=load_judge(self.error_budget, self._card()),
            finder=load_finder(self.facts),
        )
