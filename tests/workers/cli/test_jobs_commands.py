"""`extractor retry` and `extractor jobs` against a real service."""

from __future__ import annotations

import json

import pytest

from tests.workers.pdfs import write_blank
from tests.workers.service.processes import wait_until
from workers.cli.entry import run_cli

#: Whole documents, or processes and servers of its own.
pytestmark = pytest.mark.slow


@pytest.fixture
def run(service, monkeypatch, capsys):
    """Runs a command; its exit code, lines of stdout and stderr."""
    monkeypatch.setenv("EXTRACTOR_SERVER", service.address)

    def run_command(*arguments):
        code = run_cli([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return code, told.out.splitlines(), told.err

    return run_command


@pytest.fixture(scope="module")
def ended(service, tmp_path_factory):
    """Ids of two jobs that are done and two that failed, by state."""
    folder, found = tmp_path_factory.mktemp("documents"), {"done": [], "failed": []}
    for number in range(2):
        (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing " + str(number).encode())
        found["failed"].append(service.submit(folder / "broken.pdf", f"broken-{number}.pdf"))
        pdf = write_blank(folder / "good.pdf", pages=number + 1)
        found["done"].append(service.submit(pdf, "好.pdf"))
    for state, jobs in found.items():
        assert [service.wait_for_end(job)["state"] for job in jobs] == [state, state]
    return found


def test_failed_jobs_are_tried_again_by_their_code_and_age(run, service, ended):
    code, lines, told = run("retry", "--failed", "--code", "worker_lost")
    assert (code, lines) == (0, []) and "0 queued again" in told
    assert run("retry", "--failed", "--since", "0s")[1] == []
    code, lines, told = run("retry", "--failed", "--code", "damaged_pdf", "--since", "1h")
    assert code == 0 and "2 queued again" in told
    assert {line.split("\t")[0] for line in lines} == set(ended["failed"])
    for job in ended["failed"]:
        assert service.wait_for_end(job)["state"] == "failed"
        wait_until(lambda job=job: len(service.job(job)["history"]) > 1, what="another attempt")


def test_one_that_cannot_be_tried_again_costs_no_other(run, service, ended):
    code, lines, told = run("retry", ended["done"][0], "0" * 32, ended["failed"][0])
    assert code == 2
    assert [line.split("\t") for line in lines] == [[ended["failed"][0], "broken-0.pdf"]]
    assert "1 queued again, 2 could not be" in told
    told = run("--lang", "zh", "retry", ended["done"][0])[2]
    assert told.splitlines()[-1] == "已将 0 个任务重新排队，1 个未能处理"
    service.wait_for_end(ended["failed"][0])


def test_jobs_are_listed_by_state_and_code(run, ended):
    code, lines, _ = run("jobs", "list", "--state", "failed", "--code", "damaged_pdf")
    assert code == 0
    assert {json.loads(line)["id"] for line in lines} == set(ended["failed"])
    assert {json.loads(line)["id"] for line in run("jobs", "list", "--name", "好")[1]} == set(ended["done"])


def test_what_runs_can_be_cancelled_by_its_state(run, service, tmp_path):
    job = service.submit(write_blank(tmp_path / "slow.pdf", pages=100), "slow.pdf")
    wait_until(lambda: service.job(job)["state"] == "running", what="the claim")
    code, lines, _ = run("jobs", "cancel", "--state", "running")
    assert (code, lines) == (0, [f"{job}\tslow.pdf"])
    assert service.wait_for_end(job)["error"]["code"] == "cancelled"


@pytest.mark.parametrize(
    "arguments",
    [
        ["retry"],
        ["retry", "0f", "--failed"],
        ["retry", "0f", "--code", "x"],
        ["retry", "--failed", "--since", "yesterday"],
        ["jobs", "cancel", "--state", "done"],
        ["jobs", "purge", "--older-than", "0s"],
        ["jobs", "purge", "--older-than", "old", "--no-export"],
    ],
)
def test_what_is_not_said_clearly_is_not_done(run, arguments):
    code, lines, told = run(*arguments)
    assert (code, lines) == (1, []) and told


def test_purged_jobs_leave_their_results_where_they_are_wanted(run, service, ended, tmp_path):
    kept, options = tmp_path / "kept", ("--state", "done", "--name", "好")
    assert run("jobs", "purge", "--older-than", "1h", "--export", kept, *options)[1] == []
    assert len(run("jobs", "purge", "--older-than", "0s", "--dry-run", *options)[1]) == 2
    code, lines, told = run("jobs", "purge", "--older-than", "0s", "--export", kept, *options)
    assert code == 0 and len(lines) == 2 and "2 forgotten" in told
    assert {path.name for path in kept.iterdir()} == {f"好-{job[:8]}.json" for job in ended["done"]}
    assert {json.loads(path.read_bytes())["source"]["pages"] for path in kept.iterdir()} == {1, 2}
    assert [service.http.get(f"/v1/jobs/{job}").status_code for job in ended["done"]] == [404, 404]
    code, lines, _ = run("jobs", "purge", "--older-than", "0s", "--no-export", "--state", "failed")
    assert code == 0 and {line.split("\t")[0] for line in lines} >= set(ended["failed"])
