from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.values.result import Section
from tests.workers.reports import report, result
from workers.api.reviewing import archive_texts

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.fixture
def read(review):
    def done(organ, text):
        sections = (Section(1, "总体情况", text, (2, 3)),)
        return review(result(replace(report(organ, 2024), sections=sections)))

    return done


def _search(client, q):
    page = client.get("/search", params={"q": q}, headers={"Accept": "text/html", "Accept-Language": "en"})
    assert page.status_code == 200
    return page.text


def test_words_are_found_in_what_was_read_and_lead_to_their_page(client, read):
    first, second = read("甲局", "政府信息公开平台已建成。"), read("乙局", "公开平台在建。")
    page = _search(client, "公开平台 建成")
    assert f"/jobs/{first}" in page and f"/jobs/{second}" not in page
    assert f'href="/v1/jobs/{first}/pages/2.jpg"' in page
    assert "政府信息公开平台已建成。" in page
    # What was read since then is found, and what is gone is not.
    third = read("丙局", "公开平台建成。")
    assert client.delete(f"/v1/jobs/{first}").status_code == 204
    page = _search(client, "公开平台 建成")
    assert f"/jobs/{third}" in page and f"/jobs/{first}" not in page
    assert "No section has all" in _search(client, "没有这句话")
    assert "<script>alert" not in _search(client, "<script>alert(1)</script>")
    assert client.get("/search").status_code == 200


def test_a_large_archive_comes_into_the_index_a_part_at_a_time(client, read, monkeypatch):
    monkeypatch.setattr(archive_texts, "_AT_ONCE", 2)
    for number in range(5):
        read(f"{number}局", "收到申请九件。")
    sizes = []
    while "does not have all documents" in (page := _search(client, "收到申请")):
        sizes.append(page.count('<span class="why">'))
        assert len(sizes) < 5
    assert [*sizes, page.count('<span class="why">')] == [2, 4, 5]
