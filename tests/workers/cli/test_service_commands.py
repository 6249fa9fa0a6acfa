"""Commands that look after a service: what is wrong is told, and nothing is made by a slip of the pen."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time

import fsspec
import pytest

from tests.paths import ROOT
from tests.workers.office import WELL, search_path, write_program
from workers.cli.entry import run_cli
from workers.cli.start import main
from workers.service.store.database import Database
from workers.service.store.identity import open_blobs


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["fsck", "--data", "typo"],
        ["fsck"],
        ["token", "list", "--data", "typo"],
        ["token", "revoke", "0", "--data", "typo"],
        ["token", "create", "ann"],
    ],
)
def test_a_service_that_is_not_there_is_told_and_not_made(arguments, tmp_path, capsys):
    assert run_cli(arguments) == 1
    assert "--data" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_token_can_be_made_before_the_first_start(capsys):
    assert run_cli(["token", "create", "ann", "--data", "new"]) == 0
    assert run_cli(["token", "list", "--data", "new"]) == 0
    assert capsys.readouterr().out.count("ann") == 1


def test_a_token_has_a_name_of_one_line(capsys):
    assert run_cli(["token", "create", "a\nb", "--data", "new"]) == 1


def test_a_worker_needs_what_its_service_has(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("EXTRACTOR_BROKER_URL", "redis://127.0.0.1:1/0")
    assert run_cli(["worker"]) == 1
    assert "EXTRACTOR_DATABASE_URL, EXTRACTOR_STORE" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_is_no_database_any_more_is_told(tmp_path, capsys):
    database = Database(f"sqlite:///{tmp_path}/d/service.sqlite3")
    database.migrate()
    # Else it is closed whenever the collector comes, and writes back what it holds.
    database.close()
    for path in (tmp_path / "d").iterdir():
        path.write_bytes(b"\0" * 4096) if path.suffix == ".sqlite3" else path.unlink()
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(tmp_path / "d" / "service.sqlite3").execute("SELECT * FROM jobs")
    assert run_cli(["fsck", "--data", "d"]) == 5
    assert "is damaged" in capsys.readouterr().err


def _doctor(monkeypatch, capsys, **environment):
    for name, value in environment.items():
        monkeypatch.setenv(f"EXTRACTOR_{name}", value)
    code = run_cli(["doctor"])
    return code, capsys.readouterr().out


@pytest.mark.model
class TestDoctor:
    @pytest.mark.issue(27)
    def test_libreoffice_is_tried(self, monkeypatch, capsys, tmp_path):
        for what, told in ((WELL, "ok"), ("exit 9", "it made no PDF of a trial document"), (None, "apt-get")):
            folder = () if what is None else (write_program(tmp_path / "bin", what),)
            monkeypatch.setenv("PATH", search_path(*folder))
            _, output = _doctor(monkeypatch, capsys)
            lines = output.splitlines()
            place = next(number for number, line in enumerate(lines) if "DOCX, HTML" in line)
            assert told in "\n".join(lines[place : place + 2])

    def test_says_whether_the_parts_of_a_service_answer(
        self, monkeypatch, capsys, tmp_path, broker, empty_database_url
    ):
        code, output = _doctor(
            monkeypatch, capsys, BROKER_URL=broker, DATABASE_URL=empty_database_url, STORE=str(tmp_path)
        )
        assert code == 0, output
        assert f"{broker} answers" in output
        assert "tables are made by the first start" in output or "is made by the first start" in output
        assert f"{tmp_path} answers" in output
        assert list(tmp_path.iterdir()) == []

    def test_names_those_that_do_not_and_ends_with_9(self, monkeypatch, capsys, tmp_path):
        code, output = _doctor(
            monkeypatch,
            capsys,
            BROKER_URL="redis://ann:SECRET@127.0.0.1:1/0",
            DATABASE_URL="postgresql://ann:SECRET@127.0.0.1:1/x",
            STORE=str(tmp_path / "none"),
        )
        assert code == 9
        assert output.count("MISSING service") == 3
        assert "SECRET" not in output
        assert run_cli(["--lang", "zh", "doctor"]) == 9
        told = capsys.readouterr().out
        assert "消息服务 redis://ann:***@127.0.0.1:1/0 没有应答" in told
        assert f"{tmp_path}/none：此处没有存储（没有这个文件或文件夹）；是否已挂载" in told
        assert "请启动它，或改正 EXTRACTOR_DATABASE_URL" in told

    def test_a_bucket_is_written_read_and_left_as_it_was(self, monkeypatch, capsys, bucket):
        code, output = _doctor(monkeypatch, capsys, STORE=f"{bucket}/blobs")
        assert code == 0, output
        assert f"{bucket}/blobs answers, can be written and read" in output
        name = bucket.removeprefix("s3://")
        assert fsspec.filesystem("s3", skip_instance_cache=True).find(name) == []

    def test_a_dead_port_is_no_store(self, monkeypatch, capsys, bucket):
        """It was said that all that is needed is there."""
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        code, output = _doctor(monkeypatch, capsys, STORE=bucket)
        assert code == 9
        assert f"the store {bucket} does not answer" in output

    def test_the_bucket_of_another_service_is_named(self, monkeypatch, capsys, bucket, new_database):
        url = new_database()
        database = Database(url)
        database.migrate()
        open_blobs(database, f"{bucket}/ours", may_found=True)
        database.close()
        code, output = _doctor(monkeypatch, capsys, STORE=f"{bucket}/ours", DATABASE_URL=url)
        assert code == 0 and "and is this service's" in output
        code, output = _doctor(monkeypatch, capsys, STORE=f"{bucket}/other", DATABASE_URL=url)
        assert code == 9 and "the store of this service is not there" in output

    def test_refuses_what_cannot_be_used(self, monkeypatch, capsys):
        code, output = _doctor(monkeypatch, capsys, RATE="many", LEASE="-1")
        assert code == 1
        assert "EXTRACTOR_RATE" in output
        assert "EXTRACTOR_LEASE" in output

    def test_tells_of_settings_nothing_heeds(self, monkeypatch, capsys):
        settings = {
            "DATABSE_URL": "x",
            "RUN_JOBS": "2",
            "TOKEN": "x",
            "SUBMIT_SERVER": "http://a",
            "RATE": "9",
        }
        code, output = _doctor(monkeypatch, capsys, **settings)
        assert code == 0
        assert [line.split()[2] for line in output.splitlines() if "nothing heeds it" in line] == [
            "EXTRACTOR_DATABSE_URL"
        ]


def test_ctrl_c_between_the_imports_and_the_command_line_is_an_interrupt(monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr("workers.cli.entry.run_cli", interrupt)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130


@pytest.mark.parametrize("after", [0.03, 0.08, 0.15, 0.25])
def test_ctrl_c_at_any_moment_is_an_interrupt(after):
    code = "import sys; from workers.cli.start import main; sys.stderr.write('.'); sys.stderr.flush(); main()"
    command = [sys.executable, "-c", code, "status", "--server", "http://127.0.0.1:1"]
    found = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        # Where a shell in the background had Ctrl-C ignored it is heeded again.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert found.stderr.read(1) == "."
    time.sleep(after)
    os.kill(found.pid, signal.SIGINT)
    _, stderr = found.communicate(timeout=20)
    assert found.returncode == 130
    assert "Traceback" not in stderr
