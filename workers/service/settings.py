"""What a service is told: by its command line or EXTRACTOR_* in the environment, checked once, then frozen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from extractor.seams.calibrator import MAX_ERROR_BUDGET
from extractor.seams.errors import UsageError
from extractor.seams.options import parse_limits
from extractor.wording.said import say
from models.calibration import SHIPPED
from models.engines import check_engine_name
from workers.files.form_paths import own_form_files, split_form_paths
from workers.reading.options import ReadOptions
from workers.reading.protocol import ReadLimits
from workers.reading.reader import CHILD
from workers.shown.ages import parse_age

_READ, _LIMITS = ReadOptions(), ReadLimits()
#: Broker and database schemes that are understood, with what they need.
_BROKERS = ("redis", "rediss", "redis+socket", "valkey", "valkeys")
_DATABASES = ("sqlite", "postgresql", "postgresql+psycopg", "postgres")
#: Characters of a key that nobody guesses: 32 random letters are 180 bits.
_LEAST_KEY = 32


class ServiceSettings(BaseSettings):
    """Settings of one process of a service; every one is also an environment variable, EXTRACTOR_ and its name.

    data: folder for everything that has no URL of its own. broker_url: Redis or Valkey; empty for the embedded one.
    database_url: PostgreSQL; empty for SQLite in `data`. store: folder or s3:// URL of documents and results;
    empty for a folder in `data`. Times are in seconds.
    """

    model_config = SettingsConfigDict(
        env_prefix="EXTRACTOR_", env_ignore_empty=True, frozen=True, extra="ignore", populate_by_name=True
    )

    data: Path = Path("extractor-data")
    broker_url: str = ""
    database_url: str = ""
    store: str = ""
    engine: str = _READ.engine
    second_engine: str = _READ.second_engine
    forms: Annotated[tuple[Path, ...], NoDecode] = ()
    facts: Annotated[tuple[Path, ...], NoDecode] = ()
    max_pages: int = Field(_READ.max_pages, ge=1)
    max_megapixels: float = Field(_READ.max_megapixels, gt=0)
    #: What a document may hold otherwise, as NAME=VALUE with commas between; `docs/security.md` has the names.
    document_limits: str = ""
    #: Attempts after which a document is given up.
    attempts: int = Field(3, ge=1)
    #: A running job whose heartbeat has not moved for this long has lost its worker.
    lease: float = Field(60.0, gt=0)
    heartbeat: float = Field(15.0, gt=0)
    #: Wall clock of one page, and of a whole document.
    page_timeout: float = Field(_LIMITS.page_timeout, gt=0)
    document_timeout: float = Field(_LIMITS.document_timeout, gt=0)
    #: Resident memory at which a reader is ended.
    memory_mb: int = Field(_LIMITS.memory_mb, ge=256)
    #: Module run as the reader process; another one stands in for it in tests.
    reader_module: str = CHILD
    #: Pages above which what was recognised of each is kept in the store, for whoever takes the document up again.
    #: To read 20 again takes some 18 s (0.9 s a page), less than it takes to notice that their worker is gone.
    long_document: int = Field(20, ge=0)
    #: Time between two rounds of the reconciler.
    reconcile: float = Field(5.0, gt=0)
    #: Messages that may lie in the broker at once; the rest of the queue waits in the store.
    window: int = Field(512, ge=1)
    max_upload_mb: float = Field(200.0, gt=0)
    #: Whether everybody needs a token, also where only this machine can ask: a proxy lets others in there.
    require_token: bool = False
    #: Connections open at once, in all and from one address: below the 1,024 files a process may usually have open.
    connections: int = Field(512, ge=1)
    connections_each: int = Field(128, ge=1)
    #: Requests a minute from one client.
    rate: int = Field(6000, ge=1)
    request_timeout: float = Field(120.0, gt=0)
    #: Whether a copy of each document with its text is kept, to be fetched: the store takes twice the room.
    searchable: bool = False
    #: What the secrets of webhooks are sealed with in the database, the same on every machine. An embedded service
    #: makes its own.
    secret_key: str = Field("", repr=False)
    #: Whether webhooks may go to private addresses (a service inside a closed network).
    webhook_private: bool = False
    #: Share of the accepted fields that a person looks at all the same, to measure how many are wrong.
    audit_share: float = Field(0.01, ge=0, le=1)
    #: Share of what one person decided that another one is asked about too, where there are several.
    double_share: float = Field(0.02, ge=0, le=1)
    #: Silent errors allowed among 10,000 accepted fields.
    error_budget: float = Field(_READ.error_budget, gt=0, le=MAX_ERROR_BUDGET)
    #: Age at which jobs that have ended are forgotten, with their documents and results, as 90d; empty for never.
    keep: str = ""
    #: Folder for the results of those, as they were reviewed, before they are forgotten; none for not.
    keep_export: Path | None = None
    #: Card of a calibrator that every machine reaches; none given, that in `data`, or else the one shipped.
    calibration: Path | None = None

    @field_validator("broker_url")
    @classmethod
    def _known_broker(cls, value: str) -> str:
        _check_scheme(value, _BROKERS, "redis://host:6379/0, rediss://…")
        try:
            parts = urlsplit(value)
            is_sound = parts.port is None or parts.hostname is not None
        except ValueError:
            is_sound = False
        # An @ behind the host is that of a password that holds a / or #.
        if not is_sound or "@" in parts.path + parts.query + parts.fragment:
            raise ValueError(say("messages.settings.unsound_url"))
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        _check_scheme(value, _DATABASES, "postgresql://user:password@host/name")
        scheme, separator, rest = value.partition("://")
        return f"postgresql+psycopg://{rest}" if separator and scheme in {"postgresql", "postgres"} else value

    @field_validator("document_limits")
    @classmethod
    def _known_limits(cls, value: str) -> str:
        try:
            parse_limits(_split(value))
        except UsageError as error:
            raise ValueError(str(error)) from error
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value) < _LEAST_KEY:
            raise ValueError(say("messages.settings.short_key", least=_LEAST_KEY))
        return value

    @field_validator("keep")
    @classmethod
    def _known_age(cls, value: str) -> str:
        try:
            parse_age(value or "0s")
        except UsageError as error:
            raise ValueError(str(error)) from error
        return value

    @field_validator("forms", mode="before")
    @classmethod
    def _form_files(cls, value: object) -> object:
        try:
            return own_form_files(value) if isinstance(value, str) else value
        except UsageError as error:
            raise ValueError(str(error)) from error

    @field_validator("facts", mode="before")
    @classmethod
    def _fact_files(cls, value: object) -> object:
        try:
            return tuple(map(Path, split_form_paths(value))) if isinstance(value, str) else value
        except UsageError as error:
            raise ValueError(str(error)) from error

    @field_validator("engine", "second_engine")
    @classmethod
    def _known_engine(cls, value: str, info: ValidationInfo) -> str:
        if info.field_name == "second_engine" and value in {"auto", "none"}:
            return value
        try:
            check_engine_name(value)
        except UsageError as error:
            raise ValueError(str(error)) from error
        return value

    @model_validator(mode="after")
    def _beats_within_a_lease(self) -> Self:
        if self.heartbeat > self.lease:
            raise ValueError(say("messages.settings.long_heartbeat"))
        return self

    @property
    def database(self) -> str:
        """URL of the store."""
        return self.database_url or f"sqlite:///{(self.data / 'service.sqlite3').absolute()}"

    @property
    def blobs(self) -> str:
        """Folder or URL of documents and results."""
        return self.store or str((self.data / "blobs").absolute())

    @property
    def read_options(self) -> ReadOptions:
        """How documents are read."""
        return ReadOptions(
            engine=self.engine,
            second_engine=self.second_engine,
            forms=self.forms,
            facts=self.facts,
            max_pages=self.max_pages,
            max_megapixels=self.max_megapixels,
            limits=_split(self.document_limits),
            error_budget=self.error_budget,
            card=self.card,
        )

    @property
    def limits(self) -> ReadLimits:
        """What reading a document may take."""
        return ReadLimits(self.page_timeout, self.document_timeout, self.memory_mb)

    @property
    def keep_seconds(self) -> float | None:
        """Age at which jobs that have ended are forgotten; None for never."""
        return parse_age(self.keep) if self.keep else None

    @property
    def own_calibration(self) -> Path:
        """Where a calibrator of this service's own stands, or would."""
        return self.calibration or self.data / "calibration.json"

    @property
    def card(self) -> Path:
        """Card of the calibrator that judges."""
        return self.own_calibration if self.calibration or self.own_calibration.exists() else SHIPPED


def read_settings(**given: Any) -> ServiceSettings:
    """Settings from the environment, and over it those `given` that are not None.

    Raises:
        UsageError: one of them is wrong; the message names it.
    """
    try:
        return ServiceSettings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise UsageError(reduce(_both, map(_explain, error.errors()))) from error


def _explain(item: Mapping[str, Any]) -> str:
    # What a check of ours raised still knows how it is worded; what pydantic says itself is English.
    told = str(item["ctx"]["error"] if item["type"] == "value_error" else item["msg"])
    name = "_".join(map(str, item["loc"])).upper()
    return say("messages.settings.of_variable", name=f"EXTRACTOR_{name}", why=told) if name else told


def _both(one: str, other: str) -> str:
    return say("messages.settings.both", one=one, other=other)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _check_scheme(value: str, known: tuple[str, ...], example: str) -> str:
    if value and (value.partition("://")[0] not in known or "://" not in value):
        raise ValueError(say("messages.settings.no_url", example=example))
    return value
