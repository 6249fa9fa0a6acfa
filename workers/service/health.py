"""Whether the parts of a service that have addresses of their own answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import sqlalchemy as sa

from extractor.seams.errors import ExtractorError, ServiceError, UsageError
from extractor.wording.said import say
from workers.service.bell import Bell
from workers.service.settings import ServiceSettings, read_settings
from workers.service.store.database import Database
from workers.service.store.identity import KnownBlobs, find_blobs, known_mark
from workers.shown.addresses import mask_url
from workers.shown.check import Check

#: Topic of parts that are set well and do not answer.
TOPIC = "service"


def check_service(environment: Mapping[str, str]) -> Iterator[Check]:
    """Every part that is set, asked once; and whether all settings can be used.

    Changes nothing, but that a store is asked by writing something that is then deleted.
    """
    try:
        settings = read_settings()
    except UsageError as error:
        yield Check("setting", "EXTRACTOR_*", str(error), say("messages.doctor.correct_settings"), good=False)
        return
    parts: dict[str, Callable[[ServiceSettings], str]] = {
        "broker_url": _ask_broker,
        "database_url": _ask_database,
        "store": _ask_store,
    }
    for name, ask in parts.items():
        if environment.get(f"EXTRACTOR_{name.upper()}"):
            yield _check(name, settings, ask)


def _check(name: str, settings: ServiceSettings, ask: Callable[[ServiceSettings], str]) -> Check:
    title, variable = say(f"messages.doctor.parts.{name}"), f"EXTRACTOR_{name.upper()}"
    try:
        return Check(TOPIC, title, ask(settings))
    except ServiceError as error:
        remedy = say("messages.doctor.start_or_correct", name=variable)
        return Check(TOPIC, title, str(error), remedy, good=False)
    except (ExtractorError, OSError) as error:
        topic = "setting" if isinstance(error, UsageError) else TOPIC
        return Check(topic, title, str(error), say("messages.doctor.correct", name=variable), good=False)


def _ask_broker(settings: ServiceSettings) -> str:
    bell = Bell(settings.broker_url)
    try:
        return say("messages.doctor.broker", url=mask_url(settings.broker_url), count=bell.waiting())
    finally:
        bell.close()


def _ask_database(settings: ServiceSettings) -> str:
    shown = mask_url(settings.database_url)
    if not _is_made(settings.database_url):
        return say("messages.doctor.to_be_made", url=shown)
    database = Database(settings.database_url)
    try:
        with database.read() as connection:
            has_tables = sa.inspect(connection).has_table("jobs")
        return say(f"messages.doctor.{'answers' if has_tables else 'no_tables'}", url=shown)
    finally:
        database.close()


def _is_made(url: str) -> bool:
    """Whether there is a database, as far as that can be known without making one."""
    file = url.removeprefix("sqlite:///")
    return file == url or Path(file).exists()


def _ask_store(settings: ServiceSettings) -> str:
    shown, blobs, mark = mask_url(settings.store), find_blobs(settings.store), _known_mark(settings)
    if mark:
        KnownBlobs(blobs, mark, settings.store).check()
    blobs.probe()
    return say(f"messages.doctor.{'own_store' if mark else 'any_store'}", url=shown)


def _known_mark(settings: ServiceSettings) -> str:
    """Empty where the service has no store yet, or its database has a line of its own that says what is wrong."""
    if not settings.database_url or not _is_made(settings.database_url):
        return ""
    try:
        database = Database(settings.database_url)
    except UsageError:
        return ""
    try:
        return known_mark(database)
    except (ExtractorError, sa.exc.ProgrammingError):
        return ""
    finally:
        database.close()
