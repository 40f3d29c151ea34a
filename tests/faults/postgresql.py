"""A PostgreSQL of a test's own that keeps what it confirms, as production's does."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.servers import free_port, wait_until


def binaries() -> Path:
    found = shutil.which("initdb")
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folder = Path(found).resolve().parent if found else next(iter(places), None)
    assert folder, "PostgreSQL is not installed: script/test brings it"
    return folder


class PostgresqlServer:
    """fsync, full_page_writes and synchronous_commit stay on."""

    def __init__(self) -> None:
        self._binaries = binaries()
        # It refuses root, and must get through to its folder as whoever it runs as.
        self._user = pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="zzd-faults-"))
        if self._user:
            shutil.chown(self._folder, self._user)
        self._port = free_port()
        self.url = f"postgresql+psycopg://zzd@127.0.0.1:{self._port}/postgres"
        self._run("initdb", "-U", "zzd", "-E", "UTF8", "--locale=C", "--auth=trust")

    def start(self) -> None:
        options = f"-p {self._port} -h 127.0.0.1 -k '' -c max_connections=100"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-w", "-t", "60", "-l", log, "-o", options, "start")
        wait_until(self._is_ready, 60, "PostgreSQL answers")

    def stop(self, how: str) -> None:
        """``immediate``: every process of it ends at once, and the next start recovers."""
        self._run("pg_ctl", "-w", "-m", how, "stop")

    def drop(self) -> None:
        if (self._folder / "data" / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self._folder)

    def _is_ready(self) -> bool:
        ask = [self._binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self._port)]
        return subprocess.run(ask).returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._binaries / program, "-D", self._folder / "data", *arguments],
            check=True,
            cwd="/",
            user=self._user,
            stdout=subprocess.DEVNULL,
        )
