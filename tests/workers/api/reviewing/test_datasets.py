from __future__ import annotations

import io
import zipfile

import pyarrow.csv
import pyarrow.parquet
import pytest

from tests.workers.reports import field, report, result

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


def _tables(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.content))


def _read(doubt=0.5):
    return result(report(disclosure__fees__amount=field("1", doubt)))


def test_many_jobs_are_one_dataset_as_they_were_reviewed(client, submit, review):
    first, second = review(_read()), review(_read())
    submit("queued.pdf")
    told = client.get(f"/v1/jobs/{first}/fields/0/disclosure.fees.amount")
    decided = client.patch(
        f"/v1/jobs/{first}/fields/0/disclosure.fees.amount",
        json={"raw": "7", "kind": "number"},
        headers={"If-Match": told.headers["ETag"]},
    )
    assert decided.status_code == 200, decided.text
    with _tables(client.get("/v1/dataset.zip")) as packed:
        assert {"dataset/fields.parquet", "dataset/manifest.parquet", "dataset/datapackage.json"} <= {
            *packed.namelist()
        }
        fields = pyarrow.parquet.read_table(io.BytesIO(packed.read("dataset/fields.parquet"))).to_pylist()
    values = {row["document"]: row["value"] for row in fields if row["id"] == "disclosure.fees.amount"}
    assert sorted(values.values()) == [1, 7] and len(values) == 2
    with _tables(client.get(f"/v1/jobs/{second}/dataset.zip?format=csv")) as packed:
        rows = pyarrow.csv.read_csv(io.BytesIO(packed.read("dataset/manifest.csv"))).to_pylist()
    assert len(rows) == 1


def test_a_dataset_comes_in_pages_by_the_filters_of_the_list(client, submit, review):
    for _ in range(3):
        review(_read())
    assert client.get("/v1/dataset.zip?organ=nobody").status_code == 404
    page = client.get("/v1/dataset.zip?limit=2&state=done")
    rest = client.get(f"/v1/dataset.zip?limit=2&state=done&cursor={page.headers['next-cursor']}")
    assert "next-cursor" not in rest.headers
    sizes = []
    for answer in (page, rest):
        with _tables(answer) as packed:
            table = pyarrow.parquet.read_table(io.BytesIO(packed.read("dataset/manifest.parquet")))
            sizes.append(table.num_rows)
    assert sizes == [2, 1]
    assert client.get("/v1/dataset.zip?limit=2001").status_code == 422
    assert client.get(f"/v1/jobs/{submit()}/dataset.zip").status_code == 409
