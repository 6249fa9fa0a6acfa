"""What the API says of itself is right by the standard, is made into a client that works, and is shown to people."""

from __future__ import annotations

import importlib
import io
import json
import re
import subprocess
import sys

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from extractor.output.result_json import result_to_json
from tests.workers.reports import field, report, result
from workers.api.web.access import AccessPolicy
from workers.api.web.app import create_app

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow

#: Media types that the generator is told to take for plain bytes.
_BYTES = [
    "application/pdf",
    "application/zip",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "image/png",
    "image/jpeg",
]


@pytest.fixture
def spec(client):
    return client.get("/openapi.json").json()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("required", [True, False])
def test_the_description_is_right_by_the_standard(service, required):
    described = create_app(service, access=AccessPolicy(required=required)).openapi()
    validate(described)
    operations = [one for told in described["paths"].values() for one in told.values()]
    names = [one["operationId"] for one in operations]
    assert len({*names}) == len(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)
    assert all(one.get("description") for one in operations)
    assert [one["operationId"] for one in operations if one["security"] == []] == ["get_livez", "get_readyz"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_results_are_as_they_are_described(client, spec, review):
    read = result(report(disclosure__fees__amount=field("1", 0.5)))
    identifier = review(read)
    schema = {"$ref": "#/components/schemas/Result", "components": spec["components"]}
    check = Draft202012Validator(schema)
    for part in ("result", "reviewed"):
        check.validate(client.get(f"/v1/jobs/{identifier}/{part}").json())
    with pytest.raises(Exception, match="is not of type"):
        check.validate(result_to_json(read) | {"reports": 1})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_client_made_of_it_sends_a_document_and_reads_its_result(
    address, spec, submit, review, tmp_path, monkeypatch
):
    (tmp_path / "openapi.json").write_text(json.dumps(spec))
    settings = {"content_type_overrides": dict.fromkeys(_BYTES, "application/octet-stream"), "post_hooks": []}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    arguments = ["--path", "openapi.json", "--output-path", "made_client", "--meta", "none"]
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--config", "settings.json", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "WARNING" not in done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path)
    made = importlib.import_module("made_client")
    api = {
        name: importlib.import_module(f"made_client.api.jobs.{name}")
        for name in ("submit_documents", "list_jobs", "get_result")
    }
    body = importlib.import_module("made_client.models").SubmitDocumentsFilesBody
    file = importlib.import_module("made_client.types").File
    with made.Client(base_url=address) as client:
        sent = api["submit_documents"].sync(
            client=client, body=body(file=[file(payload=io.BytesIO(b"%PDF-1.4 x"), file_name="年报.pdf")])
        )
        assert sent.name == "年报.pdf"
        review(result(report(disclosure__fees__amount=field("1", 0.5))), job=sent.id)
        (job,) = api["list_jobs"].sync(client=client).jobs
        assert (job.id, job.state, job.result.years) == (sent.id, "done", [2024])
        read = api["get_result"].sync(sent.id, client=client)
        assert read.reports[0].fields.additional_properties["disclosure.fees.amount"].raw == "1"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_people_are_shown_all_of_it_with_nothing_of_another_host(client, guarded, spec):
    for asked in (client, guarded):
        page = asked.get("/docs", headers={"Accept-Language": "en"})
        assert page.status_code == 200
        for path, operations in spec["paths"].items():
            assert path in page.text
            assert all(f'id="{one["operationId"]}"' in page.text for one in operations.values())
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)
        links = set(re.findall(r'href="#([\w-]+)"', page.text)) - {"main"}
        assert links and links <= set(re.findall(r'id="([\w-]+)"', page.text))
