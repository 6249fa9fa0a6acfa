from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
from standardwebhooks.webhooks import Webhook as Verifier
from starlette.testclient import TestClient

from tests.workers.api.receiver import Receiver
from workers.api.web.access import AccessPolicy
from workers.api.web.app import create_app
from workers.service.notices.webhooks import (
    TRIES,
    WebhookStore,
    announce,
    announce_missed,
    deliver_due,
    wait_after,
)
from workers.service.sealing import Seal
from workers.service.store.schema import deliveries, webhooks

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


@pytest.fixture
def secret(client, receiver) -> str:
    """Of a webhook that tells the receiver."""
    answer = client.post("/v1/webhooks", json={"url": receiver.url})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["secret"])


@pytest.fixture
def closed(service) -> Iterator[TestClient]:
    """A service that may send nothing to private addresses, as is usual."""
    settings = service.settings.model_copy(update={"webhook_private": False})
    app = create_app(replace(service, settings=settings), access=AccessPolicy(required=False))
    with TestClient(app, base_url="http://localhost") as opened:
        yield opened


def _rows(service) -> list[sa.Row]:
    with service.database.read() as connection:
        return list(connection.execute(sa.select(deliveries)))


def _make_due(service) -> None:
    with service.database.write() as connection:
        connection.execute(sa.update(deliveries).values(due=0.0))


def test_a_secret_is_told_once(client, secret, receiver):
    assert secret.startswith("whsec_")
    listed = client.get("/v1/webhooks")
    assert [item["url"] for item in listed.json()["webhooks"]] == [receiver.url]
    assert secret not in listed.text
    identifier = listed.json()["webhooks"][0]["id"]
    assert client.delete(f"/v1/webhooks/{identifier}").status_code == 204
    assert client.delete(f"/v1/webhooks/{identifier}").status_code == 404
    assert client.get("/v1/webhooks").json() == {"webhooks": []}


def test_the_end_of_a_job_is_told_signed(submit, finish, service, secret, receiver):
    job = finish(submit("年报.pdf"))
    announce(service.database, job)
    assert deliver_due(service) == 1
    assert deliver_due(service) == 0
    ((body, headers),) = receiver.taken
    told = Verifier(secret).verify(body, {name.lower(): value for name, value in headers.items()})
    assert told["type"] == "job.done"
    assert told["data"]["id"] == job.id
    assert told["data"]["name"] == "年报.pdf"
    assert told["data"]["result"]["sha256"] == job.result
    assert _rows(service)[0].done is not None


def test_a_job_that_failed_says_why(submit, fail, service, secret, receiver):
    announce(service.database, fail(submit()))
    deliver_due(service)
    told = json.loads(receiver.taken[0][0])
    assert (told["type"], told["data"]["error"]["code"]) == ("job.failed", "encrypted")


def test_cancelling_a_queued_job_is_an_end_too(client, submit, service, secret, receiver):
    client.post(f"/v1/jobs/{submit()}/cancel")
    assert deliver_due(service) == 1
    assert json.loads(receiver.taken[0][0])["data"]["error"]["code"] == "cancelled"


def test_an_end_announced_twice_or_missed_is_told_once(submit, finish, service, secret, receiver):
    job = finish(submit())
    announce_missed(service.database)
    announce(service.database, job)
    announce_missed(service.database)
    assert deliver_due(service) == 1
    assert len(receiver.taken) == 1


def test_what_ended_before_a_webhook_was_made_is_not_told(submit, finish, service, client, receiver):
    job = finish(submit())
    client.post("/v1/webhooks", json={"url": receiver.url})
    announce(service.database, job)
    assert deliver_due(service) == 0


@pytest.mark.parametrize("status", [500, 404, 302, 410])
def test_what_is_not_taken_is_sent_again_later(submit, finish, service, secret, receiver, status):
    receiver.answers = [status]
    announce(service.database, finish(submit()))
    assert deliver_due(service) == 0
    (row,) = _rows(service)
    assert (row.attempts, row.done, row.error) == (1, None, f"the receiver answered {status}")
    assert 3 < row.due - time.time() < 7
    assert deliver_due(service) == 0
    assert len(receiver.taken) == 1
    _make_due(service)
    assert deliver_due(service) == 1
    first, second = receiver.taken
    assert first[0] == second[0]
    assert first[1]["webhook-id"] == second[1]["webhook-id"]


def test_a_receiver_that_never_takes_it_is_given_up(submit, finish, service, secret, receiver):
    receiver.close()
    announce(service.database, finish(submit()))
    for _ in range(TRIES):
        assert deliver_due(service) == 0
        _make_due(service)
    (row,) = _rows(service)
    assert row.attempts == TRIES
    assert row.done is not None
    assert row.error.startswith("given up after 12 tries: 127.0.0.1: ")
    assert deliver_due(service) == 0
    receiver.__post_init__()


def test_the_tries_take_about_two_days():
    assert 1.5 < sum(wait_after(attempt) for attempt in range(1, TRIES)) / 86_400 < 2.5


def test_two_deliverers_send_a_notice_once(submit, finish, service, secret, receiver):
    receiver.delay = threading.Event()
    announce(service.database, finish(submit()))
    with ThreadPoolExecutor(4) as threads:
        rounds = [threads.submit(deliver_due, service) for _ in range(4)]
        time.sleep(0.5)
        receiver.delay.set()
        assert sum(done.result() for done in rounds) == 1
    assert len(receiver.taken) == 1


def test_a_deleted_webhook_is_told_nothing_more(client, submit, finish, service, secret, receiver):
    announce(service.database, finish(submit()))
    (webhook,) = WebhookStore(service.database, service.seal).list()
    assert client.delete(f"/v1/webhooks/{webhook.id}").status_code == 204
    assert deliver_due(service) == 0
    assert receiver.taken == []


def test_the_database_does_not_hold_what_notices_are_signed_with(submit, finish, service, secret, receiver):
    kept = sa.select(webhooks.c.secret)
    with service.database.read() as connection:
        (row,) = connection.execute(kept)
    assert secret not in row.secret and service.seal.open(row.secret) == secret
    # One from before there was a key is sealed at the next sweep, and signs as before.
    with service.database.write() as connection:
        connection.execute(sa.update(webhooks).values(secret=secret))
    WebhookStore(service.database, service.seal).sweep()
    with service.database.read() as connection:
        (row,) = connection.execute(kept)
    assert secret not in row.secret
    announce(service.database, finish(submit()))
    assert deliver_due(service) == 1


def test_a_machine_with_another_key_sends_nothing_and_says_why(submit, finish, service, secret, receiver):
    announce(service.database, finish(submit()))
    other = replace(service, seal=Seal("another-key-of-thirty-two-letters"))
    assert deliver_due(other) == 0
    assert receiver.taken == []
    with service.database.read() as connection:
        (told,) = connection.execute(sa.select(deliveries.c.error)).scalars()
    assert "EXTRACTOR_SECRET_KEY" in told


def test_old_notices_are_forgotten(submit, finish, service, secret):
    announce(service.database, finish(submit()))
    deliver_due(service)
    store = WebhookStore(service.database, service.seal)
    assert store.sweep() == 0
    with service.database.write() as connection:
        connection.execute(sa.update(deliveries).values(done=time.time() - 8 * 86_400))
    assert store.sweep() == 1


def test_private_addresses_are_refused_in_every_spelling(closed, subtests):
    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "[fe80::1]",
        "[fd00::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[::]",
    ]:
        with subtests.test(host=host):
            answer = closed.post("/v1/webhooks", json={"url": f"http://{host}:8080/hook"})
            assert answer.status_code == 422
            assert answer.json()["type"].endswith("address")


def test_what_is_no_address_is_refused(client, subtests):
    for url in [
        "ftp://192.0.2.1/",
        "file:///etc/passwd",
        "http://",
        "javascript:alert(1)",
        "http://a:b@1.1.1.1/",
        "",
        "http://[",
    ]:
        with subtests.test(url=url):
            assert client.post("/v1/webhooks", json={"url": url}).status_code == 422


def test_public_addresses_are_taken(closed):
    for url in ("https://1.1.1.1/hook", "http://[2606:4700::1111]:8080/hook?a=b"):
        assert closed.post("/v1/webhooks", json={"url": url}).status_code == 201


def test_an_address_is_judged_again_when_something_is_sent(submit, finish, service, secret, receiver):
    settings = service.settings.model_copy(update={"webhook_private": False})
    announce(service.database, finish(submit()))
    assert deliver_due(replace(service, settings=settings)) == 0
    assert receiver.taken == []
    assert "not an address of the public internet" in _rows(service)[0].error
