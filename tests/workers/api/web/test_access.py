from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from tests.workers.api.conftest import PDF
from workers.api.web.access import AccessPolicy
from workers.api.web.app import create_app
from workers.service.store.schema import tokens
from workers.service.store.tokens import Role, TokenStore

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_MISSING = "0" * 32


def test_on_loopback_it_answers_under_its_own_names(client, subtests):
    for host in ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8000"]:
        with subtests.test(host=host):
            assert client.get("/v1/jobs", headers={"Host": host}).status_code == 200


def test_a_rebound_name_is_refused(client, subtests):
    for host, path in product(
        [
            "evil.example",
            "evil.example:8000",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "",
            "192.168.0.1",
        ],
        ["/v1/jobs", "/", "/livez", "/metrics"],
    ):
        with subtests.test(host=host, path=path):
            answer = client.get(path, headers={"Host": host})
            assert answer.status_code == 403
            assert answer.json()["type"].endswith("foreign-host")


def test_a_page_of_another_site_may_not_change_anything(client, service, subtests):
    for headers in [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    ]:
        with subtests.test(headers=headers):
            answer = client.post("/v1/jobs", files={"file": ("a.pdf", PDF)}, headers=headers)
            assert answer.status_code == 403
            assert answer.json()["type"].endswith("cross-site")
            assert client.delete(f"/v1/jobs/{_MISSING}", headers=headers).status_code == 403
            assert service.jobs.outbox.to_ring(1) == []


def test_own_pages_and_programs_may(client, subtests):
    own = [
        {},
        {"Origin": "http://localhost"},
        {"Origin": "http://localhost:80", "Sec-Fetch-Site": "same-origin"},
        {"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000"},
        {"Sec-Fetch-Site": "none"},
    ]
    for number, headers in enumerate(own):
        with subtests.test(headers=headers):
            files = {"file": ("a.pdf", PDF + str(number).encode())}
            assert client.post("/v1/jobs", files=files, headers=headers).status_code == 202


def test_a_cross_site_check_holds_with_tokens_too(guarded, bearer):
    headers = bearer(Role.ADMIN) | {"Origin": "https://evil.example"}
    assert guarded.post(f"/v1/jobs/{_MISSING}/retry", headers=headers).status_code == 403
    own = headers | {"Origin": "https://extractor.example"}
    assert guarded.post(f"/v1/jobs/{_MISSING}/retry", headers=own).status_code == 404


def test_without_a_good_token_nothing_is_told(guarded, subtests):
    for headers, path in product(
        [
            {},
            {"Authorization": "Bearer gio_wrong"},
            {"Authorization": "Bearer "},
            {"Authorization": "Basic Z2lvOnBhc3M="},
            {"Cookie": "extractor_token=gio_wrong"},
            {"Cookie": "=;;\x07"},
        ],
        ["/v1/jobs", "/metrics", "/v1/webhooks", "/nowhere"],
    ):
        with subtests.test(headers=headers, path=path):
            answer = guarded.get(path, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"


def test_what_needs_no_token(guarded, subtests):
    for path in ["/livez", "/readyz", "/openapi.json", "/docs", "/login", "/static/style.css"]:
        with subtests.test(path=path):
            assert guarded.get(path).status_code == 200


def test_each_role_may_do_its_part(guarded, bearer):
    submitter, reviewer, admin = (bearer(role) for role in Role)
    for headers in (submitter, reviewer, admin):
        assert guarded.get("/v1/jobs", headers=headers).status_code == 200
        assert guarded.get("/metrics", headers=headers).status_code == 200
    job = guarded.post("/v1/jobs", files={"file": ("a.pdf", PDF)}, headers=submitter).json()["id"]
    for headers in (submitter, reviewer):
        for method, path in (
            ("DELETE", f"/v1/jobs/{job}"),
            ("GET", "/v1/webhooks"),
            ("POST", f"/jobs/{job}/delete"),
        ):
            answer = guarded.request(method, path, headers=headers)
            assert answer.status_code == 403
            assert answer.json()["role"] == "admin"
    assert guarded.delete(f"/v1/jobs/{job}", headers=admin).status_code == 204


def test_a_revoked_token_is_worth_nothing_at_once(guarded, service):
    store = TokenStore(service.database)
    token, secret = store.create("scanner room", Role.SUBMIT)
    headers = {"Authorization": f"Bearer {secret}"}
    assert guarded.get("/v1/jobs", headers=headers).status_code == 200
    assert store.revoke(token.id).revoked is not None
    assert guarded.get("/v1/jobs", headers=headers).status_code == 401


def test_the_store_keeps_no_secret(service):
    token, secret = TokenStore(service.database).create("scanner room", Role.SUBMIT)
    assert len(secret) == len("gio_") + 43
    with service.database.read() as connection:
        row = connection.execute(sa.select(tokens)).one()
    assert secret not in str(tuple(row))
    assert TokenStore(service.database).list() == [token]


def test_a_form_signs_in_by_a_cookie_no_script_can_read(guarded, service):
    secret = TokenStore(service.database).create("clerk", Role.SUBMIT)[1]
    browser = {"Accept": "text/html", "Origin": "http://extractor.example"}
    sent = guarded.get("/?state=done", headers=browser, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=%2F%3Fstate%3Ddone")
    wrong = guarded.post("/login", data={"token": "gio_no"}, headers=browser)
    assert wrong.status_code == 401
    form = {"token": secret, "next": "/?state=done"}
    answer = guarded.post("/login", data=form, headers=browser, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?state=done")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert guarded.get("/", headers=browser).status_code == 200
    foreign = {"Origin": "https://evil.example"}
    assert guarded.post("/upload", files={"file": ("a.pdf", PDF)}, headers=foreign).status_code == 403
    guarded.post("/logout", headers=browser, follow_redirects=False)
    assert guarded.get("/v1/jobs").status_code == 401


def test_signing_in_leads_nowhere_else(guarded, service, subtests):
    for target in ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", ""]:
        with subtests.test(target=target):
            secret = TokenStore(service.database).create("clerk", Role.SUBMIT)[1]
            form = {"token": secret, "next": target}
            assert guarded.post("/login", data=form, follow_redirects=False).headers["location"] == "/"


def test_who_asks_too_often_waits(service):
    hasty = service.settings.model_copy(update={"rate": 5})
    limited = create_app(replace(service, settings=hasty), access=AccessPolicy(required=True))
    store = TokenStore(service.database)
    mine, other = ({"Authorization": f"Bearer {store.create(name, Role.SUBMIT)[1]}"} for name in ("a", "b"))
    with TestClient(limited, base_url="http://extractor.example") as client:
        codes = [client.get("/v1/jobs", headers=mine).status_code for _ in range(6)]
        assert codes == [200] * 5 + [429]
        told = client.get("/v1/jobs", headers=mine)
        assert 1 <= int(told.headers["retry-after"]) <= 60
        assert told.headers["content-type"] == "application/problem+json"
        assert client.get("/v1/jobs", headers=other).status_code == 200
        guesses = [
            client.get("/v1/jobs", headers={"Authorization": "Bearer x"}).status_code for _ in range(7)
        ]
        assert guesses == [401] * 5 + [429] * 2


@pytest.mark.issue(26)
def test_without_tokens_a_proxy_makes_nobody_an_admin(client, guarded, bearer, subtests):
    for name in ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"]:
        with subtests.test(name=name):
            answer = client.get("/v1/jobs", headers={name: "203.0.113.7"})
            assert (answer.status_code, answer.json()["type"].endswith("forwarded")) == (403, True)
            assert "--require-token" in answer.json()["detail"]
            assert (
                guarded.get("/v1/jobs", headers=bearer(Role.ADMIN) | {name: "203.0.113.7"}).status_code == 200
            )


@pytest.mark.issue(26)
def test_an_origin_that_is_no_address_is_foreign(client, subtests):
    for origin in ["http://[bad", "http://[::1", "//[", "http://a:b:c"]:
        with subtests.test(origin=origin):
            assert client.post("/v1/jobs", headers={"Origin": origin}).status_code == 403


@pytest.mark.issue(26)
def test_a_stranger_locks_nobody_out_who_comes_from_the_same_address(service, bearer):
    settings = service.settings.model_copy(update={"rate": 3})
    made = create_app(replace(service, settings=settings), access=AccessPolicy(required=True))
    with TestClient(made, base_url="http://extractor.example") as asking:
        wrong = {"Authorization": "Bearer nonsense"}
        answers = [asking.get("/v1/jobs", headers=wrong).status_code for _ in range(5)]
        assert answers == [401, 401, 401, 429, 429]
        assert asking.get("/v1/jobs", headers=bearer(Role.ADMIN)).status_code == 200


def test_where_none_is_needed_a_token_that_is_shown_must_be_good(client, bearer):
    wrong = {"Authorization": "Bearer nobody"}
    for path in ("/v1/jobs", "/readyz", "/"):
        assert client.get(path, headers=wrong).status_code == 401
    assert client.get("/v1/jobs", headers=bearer(Role.SUBMIT)).status_code == 200
    # Whoever shows one may do what it may.
    assert client.post("/v1/adopt", headers=bearer(Role.SUBMIT)).status_code == 403
    assert client.post("/v1/adopt").status_code == 200
    # Cookies of other services on this machine come along.
    assert client.get("/v1/jobs", headers={"Cookie": "extractor_token=of-another"}).status_code == 200
