from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests.workers.api.conftest import PDF
from workers.api.web.texts import choose_language, has_text, text

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

_BROWSER = {"Accept": "text/html,application/xhtml+xml", "Origin": "http://localhost"}
_NASTY = "<img src=x onerror=alert(1)>\"'&.pdf"


class _Page(HTMLParser):
    """Addresses a page asks for, and its tags that must not be there."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.odd: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"src", "href", "action"}:
                self.addresses.append(value or "")
            if name.startswith("on") or name == "style":
                self.odd.append(f"{tag} {name}")
        if tag in {"style", "img", "iframe"} or (tag == "script" and not dict(attrs).get("src")):
            self.odd.append(tag)


def _is_local(page: _Page) -> bool:
    return all(re.match(r"/(?!/)|\?|#", address) for address in page.addresses)


def _get(client, path: str, **headers: str):
    return client.get(path, headers=_BROWSER | headers)


def test_an_empty_list_invites_to_submit(client):
    answer = _get(client, "/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "提交扫描件" in answer.text
    assert 'lang="zh-CN"' in answer.text
    page = _Page(answer.text)
    assert _is_local(page)
    assert page.odd == []


def test_words_of_the_machine_stand_apart_on_a_page_in_another_language(client, submit, fail):
    identifier = submit()
    fail(identifier, "encrypted", "a password is needed")
    chinese, english = (_get(client, f"/jobs/{identifier}?lang={language}").text for language in ("zh", "en"))
    assert "文件有密码" in chinese
    assert chinese.count("a password is needed") == chinese.count(
        '<span lang="en">a password is needed</span></details>'
    )
    assert '<details class="why">' not in english
    assert "a password is needed" in english


def test_what_was_cancelled_and_is_sent_again_is_said_to_be_read_again(client):
    for count in (0, 1):
        sent = client.post(
            "/upload", files={"file": ("a.pdf", PDF)}, headers=_BROWSER, follow_redirects=False
        )
        assert ("again=1" in sent.headers["location"]) == (count == 1)
        (job,) = client.get("/v1/jobs").json()["jobs"]
        client.post(f"/v1/jobs/{job['id']}/cancel")
    assert "was cancelled or lost before" in _get(client, f"{sent.headers['location']}&lang=en").text


def test_one_of_anything_is_told_in_the_singular():
    assert text("en", "dash_pace_of", count=12, people=1) == "12 fields, 1 person"
    assert text("en", "dash_documents", documents=1, pages=3) == "1 document, 3 pages"
    assert text("zh", "dash_pace_of", count=12, people=1) == "12 项，1 人"


def test_every_resource_of_a_page_is_here(client):
    for path in ("/static/style.css", "/static/live.js", "/static/icon.svg"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", answer.text)
    assert client.get("/static/../app.py").status_code == 404
    assert client.get("/static/%2e%2e/app.py").status_code == 404


def test_jobs_are_listed_with_why_they_failed(client, submit, finish, fail):
    finish(submit("done.pdf"), organ="某市公安局", year="2024", status="partial")
    fail(submit("locked.pdf"))
    fail(submit("odd.pdf"), code="odd_code", reason="something odd")
    text_of = _get(client, "/").text
    for expected in (
        "done.pdf",
        "某市公安局",
        "2024",
        "部分页面未能读取",
        "文件有密码",
        "something odd",
        "3/3",
    ):
        assert expected in text_of
    assert "locked.pdf" not in _get(client, "/?state=done").text
    assert "done.pdf" not in _get(client, "/?name=LOCKED").text
    assert "没有符合条件的文件" in _get(client, "/?organ=nowhere").text


def test_what_people_name_is_escaped_everywhere(client, service, finish, fail):
    job, _ = service.jobs.submit("a" * 64, 5, _NASTY, service.pipeline)
    pages = [_get(client, path).text for path in ("/", f"/jobs/{job.id}", f"/?name={_NASTY[:9]}")]
    fail(job.id, code="<b>", reason="<script>alert(1)</script>")
    pages += [_get(client, path).text for path in ("/", f"/jobs/{job.id}")]
    done, _ = service.jobs.submit("b" * 64, 5, "x.pdf", service.pipeline)
    finish(done.id, organ="<script>", form="<b>", year="<i>")
    pages += [_get(client, path).text for path in ("/", f"/jobs/{done.id}")]
    for content in pages:
        page = _Page(content)
        assert page.odd == []
        assert _is_local(page)
        assert "<img" not in content
        assert "<b>alert" not in content


def test_many_jobs_are_paged(client, service):
    for number in range(60):
        service.jobs.submit(f"{number:064x}", 5, f"file-{number}.pdf", service.pipeline)
    first = _get(client, "/?state=queued").text
    assert first.count('<th scope="row">') == 50
    following = next(address for address in _Page(first).addresses if "cursor=" in address)
    assert "state=queued" in following
    assert _get(client, following).text.count('<th scope="row">') == 10


def test_files_are_submitted_by_the_form(client):
    files = [("file", ("甲.pdf", PDF + b"1")), ("file", ("乙.pdf", PDF + b"2"))]
    answer = client.post("/upload", files=files, headers=_BROWSER)
    assert answer.status_code == 200
    assert answer.history[0].status_code == 303
    assert "已排队 2 份文件" in answer.text
    again = client.post("/upload", files=files[:1], headers=_BROWSER)
    assert "1 份文件此前已提交过" in again.text


def test_the_form_names_the_files_it_did_not_take(client):
    files = [("file", ("甲.pdf", PDF)), ("file", (_NASTY, b"hello"))]
    answer = client.post("/upload", files=files, headers=_BROWSER)
    assert answer.status_code == 422
    assert "已排队 1 份文件" in answer.text
    assert "不是能够读取的文件" in answer.text
    assert _Page(answer.text).odd == []


def test_a_job_is_cancelled_tried_again_and_deleted_by_buttons(client, submit, service):
    identifier = submit()
    for step, expected in (("cancel", "已由用户取消"), ("retry", "排队中")):
        answer = client.post(f"/jobs/{identifier}/{step}", headers=_BROWSER)
        assert answer.history[0].status_code == 303
        assert expected in answer.text
    conflict = client.post(f"/jobs/{identifier}/retry", headers=_BROWSER)
    assert conflict.status_code == 409
    assert "现在不能这样做" in conflict.text
    assert client.post(f"/jobs/{identifier}/delete", headers=_BROWSER).url.path == "/"
    assert _get(client, f"/jobs/{identifier}").status_code == 404


def test_the_page_of_a_job_tells_its_history_and_leads_to_its_result(client, submit, finish, service, claim):
    identifier = submit()
    service.jobs.fail(claim(identifier), "crashed", "the reader crashed", final=False)
    finish(identifier)
    page = _get(client, f"/jobs/{identifier}").text
    assert "the reader crashed" in page
    assert f"/v1/jobs/{identifier}/result" in _Page(page).addresses
    assert "data-active" not in page


def test_errors_are_pages_for_people_and_documents_for_programs(client, subtests):
    for path in ["/jobs/nope", "/nowhere", "/?cursor=x"]:
        with subtests.test(path=path):
            shown = _get(client, path)
            assert shown.headers["content-type"].startswith("text/html")
            told = client.get(path)
            assert told.headers["content-type"] == "application/problem+json"
            assert shown.status_code == told.status_code >= 400


def test_the_language_is_chosen_and_remembered(client):
    assert "Submit scans" in _get(client, "/", **{"Accept-Language": "en-GB,en;q=0.9,zh;q=0.5"}).text
    assert "提交扫描件" in _get(client, "/", **{"Accept-Language": "de,en;q=0"}).text
    assert "Submit scans" in _get(client, "/?lang=en").text
    assert "Submit scans" in _get(client, "/").text
    page = _get(client, "/?state=done").text
    assert "?state=done&amp;lang=zh" in page
    assert "提交扫描件" in _get(client, "/?lang=zh").text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "zh"), ("en", "en"), ("zh-TW,en;q=0.9", "zh"), ("fr;q=x,en;q=0.1", "en"), (";;,,q=", "zh")],
)
def test_accept_language(accepted, language):
    assert choose_language(accepted) == language


def test_templates_name_only_texts_that_are_there(request):
    folder = request.config.rootpath / "workers/api/templates"
    used = {
        key
        for path in folder.glob("*.html")
        for key in re.findall(r'\bt\("(\w+)"[),]', path.read_text("utf-8"))
    }
    assert len(used) > 30
    assert [key for key in used if not has_text(key)] == []
