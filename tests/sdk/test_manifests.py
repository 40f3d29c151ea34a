"""``zzd-app validate`` says what the platform says, and what ``init`` makes is good."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from zzd_sdk.cli.main import zzd_app
from zzd_sdk.cli.project import Project
from zzd_sdk.manifests import faults_of

from tests.apps.conftest import serving
from tests.conftest import SignedIn
from tests.servers import free_port

FAULTY = {"manifest_version": 2, "id": "No", "scopes": [{"name": "everything"}], "more": 1}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    made = CliRunner().invoke(zzd_app, ["init", "river-watch", "--port", "9321"])
    assert made.exit_code == 0, made.output
    return tmp_path / "river-watch"


def test_what_init_makes_is_a_good_manifest_and_a_program(project: Path) -> None:
    manifest = json.loads((project / "manifest.json").read_text())
    assert faults_of(manifest) == []
    assert (manifest["id"], manifest["entry_url"]) == (
        "dev.local.river-watch",
        "http://127.0.0.1:9321/",
    )
    compile((project / "app.py").read_text(), "app.py", "exec")
    # A second time, or under a name that no address has, nothing is written.
    for name in ("river-watch", "River Watch"):
        assert CliRunner().invoke(zzd_app, ["init", name]).exit_code == 1


def test_the_command_and_the_platform_name_the_same_faults(project: Path, as_: SignedIn) -> None:
    (project / "manifest.json").write_text(json.dumps(FAULTY))
    said = CliRunner().invoke(zzd_app, ["validate", str(project / "manifest.json")])
    assert said.exit_code == 1
    assert said.output.splitlines() == said_by_the_platform(as_, FAULTY)


def test_they_do_so_of_what_differs_from_one_platform_to_another(
    project: Path, as_: SignedIn, app: Flask
) -> None:
    file = project / "manifest.json"
    manifest = json.loads(file.read_text())
    own = app.extensions["zzd.settings"].allowed_origins[0]
    manifest |= {"minimum_platform_version": "99", "entry_url": f"{own}/x", "redirect_uris": [own]}
    file.write_text(json.dumps(manifest))
    with serving(app, free_port()) as url:
        Project(server=url).save(project)
        said = CliRunner().invoke(zzd_app, ["validate", str(file)])
    wanted = said_by_the_platform(as_, manifest)
    assert [line.split()[0] for line in wanted] == ["/entry_url", "/minimum_platform_version"]
    assert said.output.splitlines() == wanted


def said_by_the_platform(as_: SignedIn, manifest: dict[str, Any]) -> list[str]:
    answer = as_("app_developer").post("/miniapps", {"manifest": manifest}, status=422)
    return [
        f"{each['pointer'].removeprefix('/manifest') or '/'}  {each['detail']}"
        for each in answer["errors"]
    ]
