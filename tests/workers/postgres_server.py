"""A PostgreSQL of its own for whoever stops it, or has others reach it from elsewhere."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.workers.object_store import free_ports


class PostgresServer:
    """Listens at an address of this machine, and believes whoever comes from one that begins like it (`trusted`)."""

    def __init__(self, host: str = "127.0.0.1", trusted: str = "127.0.0.0/8") -> None:
        # Imported here: it is only in the test extra, and warns where there is no XDG_RUNTIME_DIR.
        os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="pg-runtime-"))
        import pgserver

        self._control: Any = pgserver.pg_ctl
        self._folder = Path(tempfile.mkdtemp(prefix="pg-own-"))
        self._server: Any = pgserver.get_server(self._folder, cleanup_mode="delete")
        with (self._folder / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {trusted} trust\n")
        (port,) = free_ports(1)
        self._options = f"-k {self._folder} -h {host} -p {port}"
        self.url = f"postgresql+psycopg://postgres@{host}:{port}/postgres"
        self.stop("fast")
        self.start()

    def stop(self, mode: str = "immediate") -> None:
        """mode: as `pg_ctl` has them; `immediate` is what a power cut is."""
        self._call("-m", mode, "-w", "stop")

    def start(self) -> None:
        """Returns once it answers."""
        self._call("-w", "-o", self._options, "-l", str(self._folder / "again.log"), "start")

    def close(self) -> None:
        with suppress(Exception):
            self.stop()
        with suppress(Exception):
            self._server.cleanup()

    def _call(self, *arguments: str) -> None:
        self._control(list(arguments), pgdata=self._folder, user=self._server.system_user)
