"""Broker and database over TLS, by an authority of one's own, as docs/service.md has it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from extractor.seams.errors import ServiceError
from tests.workers.pdfs import write_blank
from tests.workers.service.processes import Broker, Stage
from tests.workers.tls import TlsFront, make_certificate
from workers.service.bell import Bell
from workers.service.store.database import Database
from workers.service.store.schema import JobState

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.fixture
def certificate(tmp_path):
    return make_certificate(tmp_path)


@pytest.fixture
def broker_url(tmp_path, certificate):
    """Of a Valkey behind TLS, without what is to be believed."""
    broker = Broker(tmp_path / "secured", "127.0.0.1")
    broker.start()
    plain = sa.make_url(broker.url)
    front = TlsFront(plain.port, *certificate)
    yield f"rediss://:{plain.password}@127.0.0.1:{front.port}/0"
    front.close()
    broker.kill()


@pytest.fixture
def database_url(new_database, certificate):
    """Of a PostgreSQL behind TLS, without what is to be believed."""
    plain = sa.make_url(new_database())
    front = TlsFront(Path(str(plain.query["host"])) / ".s.PGSQL.5432", *certificate, asked_first=True)
    yield f"postgresql://postgres@127.0.0.1:{front.port}/{plain.database}?sslmode=verify-full"
    front.close()


def test_a_document_goes_through(tmp_path, broker_url, database_url, certificate):
    authority = certificate[0]
    stage = Stage(
        tmp_path / "data",
        f"{database_url}&sslrootcert={authority}",
        broker_url=f"{broker_url}?ssl_ca_certs={authority}",
        store=str(tmp_path / "blobs"),
    )
    try:
        stage.start_worker()
        job = stage.submit(write_blank(tmp_path / "a.pdf", pages=2))
        (done,) = stage.wait_for_end(job.id)
        assert (done.state, done.attempts) == (JobState.DONE, 1)
    finally:
        stage.close()


def test_who_does_not_know_the_authority_does_not_believe_it(broker_url, database_url):
    bell = Bell(broker_url)
    with pytest.raises(ServiceError, match="CERTIFICATE_VERIFY_FAILED"):
        bell.read_mark()
    with pytest.raises(ServiceError):
        bell.ring("0" * 32)
    bell.close()
    database = Database(f"{database_url}&sslrootcert=system")
    with pytest.raises(ServiceError, match="certificate"):
        database.migrate()
    database.close()
