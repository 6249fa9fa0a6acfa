"""The page of a drafted form answers this machine alone, and writes the file as a whole or not at all."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.workers.api.drafts.specimens import FORM, make_specimen, write_form
from workers.api.drafts.app import create_draft_app
from workers.api.drafts.desk import DraftDesk
from workers.api.drafts.editing import Act, Edit

pytestmark = pytest.mark.issue(24)
_ENGLISH = {"Accept-Language": "en"}
_LABEL = ["tables", 0, "blocks", 0, "rows", 1, "label"]


@pytest.fixture
def form(tmp_path):
    return write_form(tmp_path)


@pytest.fixture
def client(form, tmp_path):
    with TestClient(
        create_draft_app(DraftDesk(form, [make_specimen(tmp_path)])), base_url="http://localhost"
    ) as opened:
        yield opened


def edit(client, revision, path=_LABEL, value="应收账款", **more):
    body = {"act": "set", "path": path, "value": value, "revision": revision}
    return client.post("/draft/edits", json=body, **more)


def test_what_the_form_reads_is_told_with_its_places(client):
    told = client.get("/draft").json()
    assert told["counts"] == [{"fields": 8, "sure": sum(f["status"] == "accepted" for f in told["fields"])}]
    assert told["rows"][0]["path"] == ["tables", 0, "blocks", 0, "rows", 0] and told["rows"][0]["page"] == 1
    assert (told["sums"][0]["holding"], told["sums"][0]["count"]) == (2, 2)
    assert told["sums"][0]["shown"][0] == "10 + 30 + 5 = 45"
    assert client.get("/pages/0/1.png").content.startswith(b"\x89PNG")
    assert client.get("/pages/0/2.png").status_code == client.get("/pages/7/1.png").status_code == 404


def test_an_edit_of_a_text_that_was_changed_meanwhile_is_refused(client, form):
    revision = client.get("/draft").json()["revision"]
    now = edit(client, revision).json()
    assert "应收账款" in form.read_text("utf-8") and now["can_undo"]
    assert edit(client, revision, value="x").status_code == 409
    undone = client.post("/draft/undo", json={"revision": now["revision"]})
    # Whoever changed the file elsewhere has nothing of theirs taken back.
    assert undone.status_code == 422 and "应收账款" in form.read_text("utf-8")


def test_what_an_editor_wrote_since_is_not_taken_back_though_it_was_shown(client, form):
    edit(client, client.get("/draft").json()["revision"])
    mine = form.read_text("utf-8") + "# a note from an editor\n"
    form.write_text(mine, encoding="utf-8")
    shown = client.get("/draft").json()
    undone = client.post("/draft/undo", json={"revision": shown["revision"]}, headers=_ENGLISH)
    assert (undone.status_code, shown["can_undo"]) == (422, False)
    assert "elsewhere" in undone.json()["detail"] and form.read_text("utf-8") == mine
    # What is corrected after that is taken back, and no more.
    now = edit(client, shown["revision"], value="another").json()
    assert client.post("/draft/undo", json={"revision": now["revision"]}).status_code == 200
    assert form.read_text("utf-8") == mine


def test_a_sum_is_of_the_rows_whose_ids_are_told(client, form):
    rows = _LABEL[:-2]
    body = {"act": "sum", "path": [*rows, 3], "revision": client.get("/draft").json()["revision"]}
    for parts in ([[*rows, "r9"]], [[*rows, "r4"]], [[*rows, "r1"], [*rows, 0]]):
        assert client.post("/draft/edits", json=body | {"parts": parts}).status_code == 422
    assert (
        client.post("/draft/edits", json=body | {"parts": [[*rows, "r1"], [*rows, "r3"]]}).status_code == 200
    )
    assert "资产总计 = 货币资金 + 存货" in form.read_text("utf-8")


def test_a_form_behind_a_link_is_written_where_it_is(form, tmp_path):
    link = tmp_path / "link.yaml"
    link.symlink_to(form.name)
    desk = DraftDesk(link, [])
    desk.edit(Edit(Act.SET, tuple(_LABEL), "应收账款"), desk.show().revision)
    assert link.is_symlink() and "应收账款" in form.read_text("utf-8")


@pytest.mark.parametrize(
    "path", [[], ["tables"], ["tables", "a", "blocks", 0], ["tables", 99, "blocks", 0], ["tables", 0, "rows"]]
)
@pytest.mark.parametrize("act", ["open", "add_row"])
def test_a_place_that_is_none_is_refused_in_words(client, path, act):
    body = {"act": act, "path": path, "revision": client.get("/draft").json()["revision"]}
    answer = client.post("/draft/edits", json=body, headers=_ENGLISH)
    assert (answer.status_code, answer.json()["detail"]) == (422, "there is no such part of the form")


def test_a_file_that_is_gone_or_no_text_is_told_in_the_language_asked_for(client, form):
    form.write_bytes(b"id: \xff")
    assert "不是 UTF-8 文本" in client.get("/draft", headers={"Accept-Language": "zh"}).json()["detail"]
    form.unlink()
    assert "没有这个文件" in client.get("/draft", headers={"Accept-Language": "zh"}).json()["detail"]
    told = client.get("/draft", headers=_ENGLISH).json()["detail"]
    assert "no such file" in told.lower() and "UTF-8" not in told and "Errno" not in told


def test_what_cannot_be_done_is_said_in_the_language_asked_for(client):
    revision = client.get("/draft").json()["revision"]
    answer = edit(client, revision, path=["tables", 9, "id"], headers={"Accept-Language": "zh"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "表式中没有这个部分")
    assert edit(client, revision, path=["tables"] * 99).status_code == 422
    assert client.post("/draft/edits", json={"act": "explode"}).status_code == 422


def test_faults_of_the_file_are_told_with_their_lines(client, form):
    form.write_text(FORM.replace("{id: r2,", "{id: r1,"), encoding="utf-8")
    told = client.get("/draft").json()
    line = FORM[: FORM.index("应收账欺")].count("\n") + 1
    assert line in [one["line"] for one in told["problems"]] and told["fields"] == []
    assert told["form"]["tables"][0]["id"] == "t1"
    form.write_text("tables: [", encoding="utf-8")
    told = client.get("/draft").json()
    assert told["form"] is None and told["problems"]
    assert edit(client, told["revision"]).status_code == 422


def test_pages_of_other_sites_are_not_listened_to(client):
    revision = client.get("/draft").json()["revision"]
    assert edit(client, revision, headers={"Origin": "https://else.example"}).status_code == 403
    assert edit(client, revision, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/draft", headers={"Host": "else.example"}).status_code == 403
    page = client.get("/")
    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    assert "mine.yaml" in page.text
