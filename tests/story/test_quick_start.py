"""docs/apps/quick-start.md does what it says: its commands, run as they stand there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from zzd_sdk.cli.project import Project

from tests.servers import ROOT, free_port, wait_until
from tests.story.conftest import Stage
from zzd import clock

PAGE = ROOT / "docs" / "apps" / "quick-start.md"
BIN = Path(sys.executable).parent


@pytest.mark.timeout(300)
@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_the_commands_of_the_page_bring_an_app_to_the_workbench(
    stage: Stage, tmp_path: Path
) -> None:
    commands = "\n".join(re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.M | re.S))
    port = free_port()
    commands = commands.replace("init river-watch", f"init river-watch --port {port}")
    commands = commands.replace("login ", f"login --server {stage.servers[0].url} ")
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    done = subprocess.run(
        ["bash", "-euc", commands],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "manifest.json is a good manifest" in done.stdout
    project = tmp_path / "river-watch"
    assert oct((project / ".env").stat().st_mode)[-3:] == "600"

    village = stage.person("village")
    entry = next(
        each
        for each in village.get("/workbench")["items"]
        if each["app_id"].endswith("river-watch")
    )
    with running(project, environment, port) as url:
        wanted = requests.post(f"{url}/zzd/launches", timeout=10).json()
        launched = village.post(f"/miniapps/{entry['id']}/launch", wanted)
        come = {"code": launched["code"], "state": launched["state"]}
        visit = requests.post(f"{url}/zzd/visits", json=come, timeout=20)
        assert visit.json() == {
            "name": village.name,
            "unit": village.unit["name"],
            "heard": [],
        }
        # The same code again is somebody else's.
        assert requests.post(f"{url}/zzd/visits", json=come, timeout=20).status_code == 401


@pytest.mark.timeout(300)
@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_dev_opens_the_app_as_officials_of_three_cities_and_tells_it_of_events(
    stage: Stage, tmp_path: Path
) -> None:
    port, client_port = free_port(), free_port()
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config")}
    begun = f"{BIN}/zzd-app init river-bank --port {port}"
    subprocess.run(begun.split(), cwd=tmp_path, env=environment, check=True)
    project = tmp_path / "river-bank"
    Project(server=stage.servers[0].url).save(project)
    app, around = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{client_port}"

    def ask(path: str, **body: str) -> Any:
        answer = requests.post(f"{around}{path}", json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def visit(username: str) -> Any:
        wanted = requests.post(f"{app}/zzd/launches", timeout=10).json()
        launched = ask("/launch", **{"as": username, **wanted})
        come = {"code": launched["code"], "state": launched["state"]}
        return requests.post(f"{app}/zzd/visits", json=come, timeout=20).json()

    with started(f"{BIN}/zzd-app dev --port {client_port}", project, environment, around):
        people = ask("/start")["officials"]
        cities = ("台州市", "温州市", "宁波市")
        assert [sum(city in each["name"] for each in people) for city in cities] == [1, 1, 1]
        assert len(people) == 5
        wait_until(lambda: is_there(app), 20, "the app runs")
        assert visit("third_city")["unit"] == "宁波市"
        before = ask("/look")["stamp"]
        (project / "page.html").write_text("<p>changed</p>")
        wait_until(lambda: ask("/look")["stamp"] > before, 20, "the page is loaded anew")
        issue_exercise(stage)
        wait_until(
            lambda: any(said.startswith("directive.issued") for said in visit("village")["heard"]),
            40,
            "the app heard of the directive",
        )


def issue_exercise(stage: Stage) -> None:
    province = stage.person("province")
    event = {"name": "演练：开发", "kind": "typhoon", "mode": "exercise", "level": 4}
    made = province.post("/events", event)
    (city,) = province.get("/units", code="3302")["items"]
    later = clock.now() + timedelta(hours=8)
    body = {
        "event_id": made["id"],
        "title": "演练",
        "text": "不必办理。",
        "urgency": "normal",
        "audiences": [{"unit_id": city["id"], "levels": [2]}],
        "ack_deadline": later.isoformat(),
    }
    province.post("/directives", body)


@contextmanager
def running(project: Path, environment: dict[str, str], port: int) -> Iterator[str]:
    """The app, started as the page says."""
    url = f"http://127.0.0.1:{port}"
    command = "set -a; . ./.env; exec python app.py"
    with started(command, project, environment, url):
        yield url


@contextmanager
def started(command: str, project: Path, environment: dict[str, str], url: str) -> Iterator[None]:
    process = subprocess.Popen(
        ["bash", "-c", command],
        cwd=project,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: is_there(url), 40, f"{url} answers")
        yield
    finally:
        # With whatever it started.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def is_there(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
