"""``zzd-app logs`` and ``replay``: what the developer's own command says of deliveries and calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from zzd_sdk.cli.main import zzd_app
from zzd_sdk.cli.project import Project

from tests.apps.conftest import serving
from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.messaging.conftest import MakeGroup
from tests.miniapps.hooks.conftest import SPEAKER, MakeHook, Say, deliver
from tests.servers import free_port
from zzd.miniapps.calls import log

Command = Callable[..., str]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, developer: ApiClient) -> Command:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZZD_APP_TOKEN", developer.token or "")

    def run(*words: str, status: int = 0) -> str:
        ran = CliRunner().invoke(zzd_app, list(words))
        assert ran.exit_code == status, ran.output
        return ran.output

    return run


def test_deliveries_and_calls_are_shown_and_one_is_told_again(
    app: Flask,
    hooked: MakeHook,
    addressed: MakeGroup,
    say: Say,
    as_: SignedIn,
    command: Command,
) -> None:
    hook, place = hooked(), addressed("org_group", "331081100")
    say(place, "水位上涨")
    deliver()
    app.extensions[log.NOTED].calls.clear()
    hook.app.open(as_(SPEAKER)).get("/me", status=403)
    app.extensions[log.NOTED].write()
    with serving(app, free_port()) as url:
        Project(server=url, miniapp_id=hook.app.id).save(Path.cwd())
        said = command("logs", "--requests", "--failed")
        assert f"webhook {hook.id}  live" in said
        assert "message.created" in said
        assert said.count("  200  ") == 2
        assert said.splitlines()[-1].split()[1:4] == ["403", "GET", "/api/v1/me"]
        assert "403" not in command("logs", "--most", "1").split("calls")[0]
        (delivery,) = hook.deliveries()
        assert command("replay", delivery["id"]) == f"{delivery['id']} is told again\n"
        assert "no webhook of this app" in command("replay", "999999", status=1)
        assert "  waiting  " in command("logs", "--state", "waiting")
        deliver()
        assert hook.texts() == ["水位上涨"] * 2
