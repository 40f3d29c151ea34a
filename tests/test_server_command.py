"""script/server as people start it: what it says, what it refuses, how it ends."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests.servers import ROOT, free_port, wait_until

DEMO = {"username": "province", "password": "lekima-2019"}
STARTS_WITHIN, STOPS_WITHIN = 240, 20
# It says all that belongs to its own data, as a user's shell would not.
OWN = re.compile(r"ZZD_|SHELTERS_|ZONE_|PORT$|HOST$")


class Command:
    """One script/server with data of its own."""

    def __init__(self, folder: Path, *arguments: str, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.said = folder / f"said-{len(list(folder.glob('said-*')))}"
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [ROOT / "script" / "server", *arguments],
                env={**surroundings(), "ZZD_VAR": str(folder / "var"), "PORT": str(port)},
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> str:
        def ready() -> bool:
            assert self.process.poll() is None, self.said.read_text()
            return "ZZD is at" in self.said.read_text()

        wait_until(ready, STARTS_WITHIN, "script/server is ready")
        return self.said.read_text()

    def ends(self) -> int:
        return self.process.wait(STOPS_WITHIN)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(STOPS_WITHIN)


def surroundings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not OWN.match(name)}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    started: list[Command] = []

    def start(*arguments: str, port: int) -> Command:
        started.append(Command(tmp_path, *arguments, port=port))
        return started[-1]

    yield start
    for command in started:
        command.kill()


@pytest.mark.timeout(400)
def test_it_serves_refuses_a_second_one_stops_at_once_and_starts_again(
    start: Callable[..., Command],
) -> None:
    a_day_with_it(start)


def a_day_with_it(start: Callable[..., Command], *shape: str) -> None:
    # Of ZZD and of the sample mini-apps.
    port = free_port(3)
    first = start(*shape, port=port)
    said = first.wait_until_ready()
    assert all(word in said for word in DEMO.values())
    assert "Bringing the database up to date" in said
    session = requests.post(f"{first.url}/api/v1/sessions", json=DEMO, timeout=10)
    assert session.status_code == 201
    assert requests.get(f"{first.url}/", timeout=10).status_code == 200
    for app in (port + 1, port + 2):
        assert requests.get(f"http://127.0.0.1:{app}/healthz", timeout=10).status_code == 200

    second = start(*shape, port=free_port(3))
    assert second.ends() != 0
    [line] = second.said.read_text().splitlines()
    assert f"a server of this checkout is running at {first.url}" in line

    below = processes_of(first.process.pid)
    assert len(below) > 3
    # As Ctrl-C reaches all that the terminal started.
    os.killpg(first.process.pid, signal.SIGINT)
    assert first.ends() == 0
    assert list(filter(is_running, below)) == []

    again = start(*shape, port=port)
    again.wait_until_ready()
    # What it served before it serves still: one that starts over would have forgotten who signed in.
    token = {"Authorization": f"Bearer {session.json()['token']}"}
    assert requests.get(f"{again.url}/api/v1/me", headers=token, timeout=10).status_code == 200


def processes_of(pid: int) -> list[int]:
    """All below a process, by Linux' own list."""
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").glob("*")
        for child in (task / "children").read_text().split()
    ]
    return [*children, *(below for child in children for below in processes_of(child))]


def is_running(pid: int) -> bool:
    with suppress(FileNotFoundError):
        # What ended is there until its new parent looks.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_port_that_is_none_or_in_use_is_one_line(start: Callable[..., Command]) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken: int = listener.getsockname()[1]
        for port, words in ((taken, f"port {taken} is in use"), (0, "PORT=0 is no port")):
            command = start(port=port)
            assert command.ends() != 0
            [line] = command.said.read_text().splitlines()
            assert words in line


def test_a_python_too_old_is_one_line(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "script", tmp_path / "script")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "dirname", "env"):
        (programs / name).symlink_to(str(shutil.which(name)))
    old = programs / "python3"
    old.write_text('#!/bin/bash\n[ "$1" = --version ] && echo Python 3.9.2 || exit 1\n')
    old.chmod(0o755)
    ended = subprocess.run(
        [tmp_path / "script" / "server"],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode != 0
    [line] = ended.stderr.splitlines()
    assert "needs Python 3.11 or newer and found Python 3.9.2" in line
