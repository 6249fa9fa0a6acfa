"""`python -m workers.cli.service_process worker|web PARENT …`: the processes `extractor serve` starts."""

from __future__ import annotations

import sys

from extractor.seams.errors import ExtractorError
from workers.reading.lifeline import die_with_parent
from workers.service.logs import set_up_logs
from workers.service.notices.webhooks import announce
from workers.service.running.worker import Worker
from workers.service.service import open_service
from workers.service.settings import ServiceSettings, read_settings


def run_worker(settings: ServiceSettings, concurrency: int) -> None:
    """Works on a service until told to stop. Raises as `open_service`."""
    service = open_service(settings, may_found=False)
    try:
        Worker(service, concurrency, ended=lambda job: announce(service.database, job)).run()
    finally:
        service.close()


def run_web(descriptor: int, host: str) -> None:
    """Serves the API of the service of the environment on an open socket until told to stop."""
    # Imported here: a worker needs none of it.
    from workers.api.web.server import serve_socket

    service = open_service(read_settings())
    try:
        serve_socket(service, descriptor, host)
    finally:
        service.close()


def main(arguments: list[str]) -> int:
    """Runs one of the processes; returns its exit code."""
    kind, parent, *rest = arguments
    die_with_parent(int(parent))
    set_up_logs()
    try:
        if kind == "worker":
            run_worker(read_settings(), int(rest[0]))
        else:
            run_web(int(rest[0]), rest[1])
    except ExtractorError as error:
        print(f"extractor: {error}", file=sys.stderr)  # noqa: T201 - there is nobody else to tell
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
