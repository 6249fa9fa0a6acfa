"""Log lines: text for a person at a terminal, one JSON object a line for everything else.

Every line inside a job carries its id, attempt and page. What was read from a document is never logged.
"""

from __future__ import annotations

import logging
import os
import sys
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

import structlog

from extractor.wording.said import say, tell_os_error
from workers.files.storage import OutputError

#: Foreign loggers that say more than anybody wants at INFO.
_NOISY = (
    "PIL",
    "pdfminer",
    "pikepdf",
    "alembic",
    "httpx",
    "httpcore",
    "celery.worker.strategy",
    "celery.app.trace",
    "kombu",
)


def set_up_logs(*, verbose: bool = False, file: Path | None = None) -> None:
    """Sends all log lines of this process to stderr in the form that suits it, or to a file.

    Raises:
        OutputError: the file cannot be written.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    is_terminal = file is None and sys.stderr.isatty()
    if is_terminal:
        last: list[Any] = [structlog.dev.ConsoleRenderer(colors="NO_COLOR" not in os.environ)]
    else:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    try:
        # One that is moved away (logrotate) is opened anew.
        handler = WatchedFileHandler(file, encoding="utf-8") if file else logging.StreamHandler(sys.stderr)
    except OSError as error:
        raise OutputError(say("system.of_file", path=file, why=tell_os_error(error))) from error
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
