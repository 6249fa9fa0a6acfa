"""Files for operators fit the program: its settings, its commands, its metrics, its store."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys

import click
import compose_spec
import kubernetes_validate
import pytest
import sqlalchemy as sa
import yaml
from cloudcoil.models.keda import v1alpha1 as keda

from tests.paths import ROOT
from workers.cli.entry import extractor
from workers.service.settings import ServiceSettings
from workers.service.store.catalog import JobCatalog
from workers.service.store.database import Database
from workers.service.store.jobs import JobStore

_DEPLOY = ROOT / "docs" / "deploy"
_ALERTS = yaml.safe_load((_DEPLOY / "alerts.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"]
_KUBERNETES = {
    path.name: list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    for path in sorted((_DEPLOY / "kubernetes").glob("*.yaml"))
}
#: Objects of the cluster, by file and kind; KEDA's are its own.
_OBJECTS = {
    f"{name} {one['kind']}": one
    for name, documents in _KUBERNETES.items()
    for one in documents
    if one["kind"] != "Kustomization"
}
_OF_KEDA = {name for name, one in _OBJECTS.items() if one["apiVersion"].startswith("keda.sh/")}
#: Variables of compose.yaml itself.
_OF_COMPOSE = {"EXTRACTOR_HOST"}


@pytest.mark.parametrize(
    "path", [path for path in sorted(_DEPLOY.rglob("*")) if path.is_file()], ids=lambda p: p.name
)
def test_every_setting_is_one(path):
    told = set(re.findall(r"EXTRACTOR_[A-Z_]+", path.read_text(encoding="utf-8"))) - _OF_COMPOSE
    assert told <= {f"EXTRACTOR_{name.upper()}" for name in ServiceSettings.model_fields}


def _commands():
    compose = yaml.safe_load((_DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    yield from (compose["services"][name]["command"] for name in ("api", "worker"))
    for documents in _KUBERNETES.values():
        for document in documents:
            containers = document.get("spec", {}).get("template", {}).get("spec", {}).get("containers", [])
            yield from (container["args"] for container in containers)
    for path in _DEPLOY.glob("*.service"):
        (line,) = re.findall(r"^ExecStart=(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        yield shlex.split(line)[1:]


@pytest.mark.parametrize("command", list(_commands()), ids=" ".join)
def test_every_command_is_one(command):
    name, *rest = command
    found = extractor.get_command(click.Context(extractor), name)
    while rest and rest[0] in getattr(found, "commands", {}):
        found = found.commands[rest.pop(0)]
    found.make_context(name, rest)


@pytest.mark.parametrize("name", sorted(set(_OBJECTS) - _OF_KEDA))
def test_kubernetes_knows_every_key(name):
    kubernetes_validate.validate(_OBJECTS[name], "1.37", strict=True)


@pytest.mark.parametrize("name", sorted(_OF_KEDA))
def test_keda_knows_every_key(name):
    # What it does not know it leaves out.
    known = getattr(keda, _OBJECTS[name]["kind"]).model_validate(_OBJECTS[name])
    assert known.model_dump(by_alias=True, exclude_unset=True, mode="json") == _OBJECTS[name]


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl")
def test_what_kustomize_makes_of_them_is_known_to_kubernetes(tmp_path):
    folder = shutil.copytree(_DEPLOY / "kubernetes", tmp_path / "kubernetes")
    shutil.copyfile(folder / "secrets.env.example", folder / "secrets.env")
    (folder / "ca.crt").write_text("a certificate", encoding="ascii")
    made = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=True)
    objects = [one for one in yaml.safe_load_all(made.stdout) if not one["apiVersion"].startswith("keda.sh/")]
    for one in objects:
        kubernetes_validate.validate(one, "1.37", strict=True)
    kinds = [one["kind"] for one in objects]
    assert {kind: kinds.count(kind) for kind in ("ConfigMap", "Secret", "Deployment")} == {
        "ConfigMap": 2,
        "Secret": 1,
        "Deployment": 2,
    }
    (api,) = (one for one in objects if (one["kind"], one["metadata"]["name"]) == ("Deployment", "api"))
    (container,) = api["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.example/extractor:latest"


def test_compose_knows_every_key():
    told = (_DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    found = compose_spec.PyOptions(apply_merge=True).from_yaml(told)
    found.validate()
    assert {"api", "worker"} <= set(found.service_names())
    waits = found.to_dict()["services"]["worker"]["depends_on"]
    assert waits["api"]["condition"] == "service_healthy"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
@pytest.mark.parametrize("unit", sorted(_DEPLOY.glob("*.service")), ids=lambda unit: unit.name)
def test_systemd_knows_every_line(unit, tmp_path):
    # It looks whether the program is there.
    told = unit.read_text(encoding="utf-8").replace("/usr/local/bin/extractor", sys.executable)
    (tmp_path / unit.name).write_text(told, encoding="utf-8")
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / unit.name], capture_output=True, text=True
    )
    assert (found.returncode, found.stderr) == (0, "")


def test_kubernetes_files_name_each_other_rightly():
    kustomization = _KUBERNETES["kustomization.yaml"][0]
    assert set(kustomization["resources"]) | {"kustomization.yaml", "token.yaml"} == set(_KUBERNETES)
    made = {item["name"] for key in ("configMapGenerator", "secretGenerator") for item in kustomization[key]}
    told = "".join(path.read_text(encoding="utf-8") for path in (_DEPLOY / "kubernetes").glob("*.yaml"))
    assert set(re.findall(r"(?:configMapRef|secretRef|configMap): \{name: ([\w-]+)\}", told)) <= made
    secrets = (_DEPLOY / "kubernetes" / "secrets.env.example").read_text(encoding="utf-8")
    (database,) = (item for item in _KUBERNETES["scaling.yaml"] if item["kind"] == "TriggerAuthentication")
    (wanted,) = database["spec"]["secretTargetRef"]
    assert wanted["name"] in made
    assert f"{wanted['key']}=" in secrets


@pytest.mark.slow
def test_workers_are_scaled_by_how_long_documents_have_waited(new_database):
    scaled = next(item for item in _KUBERNETES["scaling.yaml"] if item["kind"] == "ScaledObject")
    (trigger,) = scaled["spec"]["triggers"]
    database = Database(new_database())
    database.migrate()

    def ask():
        with database.read() as connection:
            return connection.execute(sa.text(trigger["metadata"]["query"])).scalar_one()

    assert ask() == 0
    JobStore(database).submit("d" * 64, 9, "a.pdf", "pipeline")
    with database.write() as connection:
        connection.execute(sa.text("UPDATE jobs SET created = created - 1000"))
    # KEDA takes whole numbers only.
    assert isinstance(ask(), int)
    assert ask() == pytest.approx(JobCatalog(database).oldest_wait(), abs=2)
    database.close()


def test_every_alert_is_told_of_and_the_other_way_round():
    told = re.findall(
        r"^\| `(\w+)` \|", (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert told == [rule["alert"] for rule in _ALERTS]
    for rule in _ALERTS:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert {"summary", "summary_zh"} == set(rule["annotations"])
