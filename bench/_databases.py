"""The databases that benchmarks measure: a new one each time, or one that is kept.

PostgreSQL is a server of our own, from this machine's binaries, durable as in production; where
``ZZD_BENCH_DATABASE_URL`` names a database, that one is used instead.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bootstrap import BIN, VAR
from processes import Group
from services import data_folder, kept_secret, start_postgres, unprivileged_user
from steps import run_step

# As one would set a server with this much memory; what is not here is PostgreSQL's default.
POSTGRES = {
    "shared_buffers": "1GB",
    "effective_cache_size": "4GB",
    "max_wal_size": "4GB",
    "jit": "off",
}


def private_postgres(group: Group, folder: Path, *, forgetful: bool = False) -> str:
    """The URL of our own PostgreSQL on ``folder``, made if new. ``forgetful``: while it is filled,
    nothing waits for the disk; what is measured always does."""
    folder.mkdir(parents=True, exist_ok=True)
    password = kept_secret(folder / "password")
    return start_postgres(
        group, folder / "data", password=password, forgetful=forgetful, settings=POSTGRES
    )


def kept_folder(name: str) -> Path:
    return VAR / "bench" / name


def forget(folder: Path) -> None:
    """Remove a private PostgreSQL's data, wherever its user could reach it."""
    shutil.rmtree(data_folder(folder / "data", unprivileged_user()), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def upgrade(url: str) -> None:
    run_step("Making the database's structure", [BIN / "zzd", "db", "upgrade"], env=env_of(url))


def seed(url: str, *, officials: int, groups: int | None = None) -> None:
    size = ["--officials", str(officials), *(["--groups", str(groups)] if groups else [])]
    run_step("Loading sample data", [BIN / "zzd", "seed", "--if-empty", *size], env=env_of(url))


def env_of(url: str) -> dict[str, str]:
    """What a process of ZZD needs to use the database."""
    return {
        "ZZD_DATABASE_URL": url,
        "ZZD_SECRET_KEY": os.environ.get("ZZD_SECRET_KEY") or "a key for benchmarks " * 2,
    }
