"""docs/apps/quick-start.md does what it says: its commands, run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.servers import ROOT, free_port, wait_until
from tests.story.conftest import Stage

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


@contextmanager
def running(project: Path, environment: dict[str, str], port: int) -> Iterator[str]:
    """The app, started as the page says."""
    command = "set -a; . ./.env; exec python app.py"
    process = subprocess.Popen(
        ["bash", "-c", command],
        cwd=project,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return requests.get(url, timeout=2).ok
        except requests.RequestException:
            return False

    try:
        wait_until(answers, 20, "the app runs")
        yield url
    finally:
        process.kill()
        process.wait()
