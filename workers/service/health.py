"""Whether the parts of a service that have addresses of their own answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import sqlalchemy as sa

from extractor.seams.errors import ExtractorError, ServiceError, UsageError
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
        yield Check("setting", "EXTRACTOR_*", str(error), "correct or unset it", good=False)
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
    title = name.removesuffix("_url")
    try:
        return Check(TOPIC, title, ask(settings))
    except ServiceError as error:
        remedy = f"start it, or correct EXTRACTOR_{name.upper()}"
        return Check(TOPIC, title, str(error), remedy, good=False)
    except (ExtractorError, OSError) as error:
        topic = "setting" if isinstance(error, UsageError) else TOPIC
        return Check(topic, title, str(error), f"correct EXTRACTOR_{name.upper()}", good=False)


def _ask_broker(settings: ServiceSettings) -> str:
    bell = Bell(settings.broker_url)
    try:
        return f"{mask_url(settings.broker_url)} answers, {bell.waiting()} messages wait"
    finally:
        bell.close()


def _ask_database(settings: ServiceSettings) -> str:
    shown = mask_url(settings.database_url)
    if not _is_made(settings.database_url):
        return f"{shown} is made by the first start"
    database = Database(settings.database_url)
    try:
        with database.read() as connection:
            has_tables = sa.inspect(connection).has_table("jobs")
        return f"{shown} answers" + ("" if has_tables else "; its tables are made by the first start")
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
    return f"{shown} answers, can be written and read" + (", and is this service's" if mark else "")


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
