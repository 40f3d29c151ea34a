"""A private PostgreSQL and a private Redis from this machine's binaries, on ports of their own.

Never a server that happens to be running: that one may be somebody's.
"""

import hashlib
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from bootstrap import install_programs
from processes import Group, free_port
from steps import Failure, run_as, run_step

DATABASE = "zzd"
DATABASE_USER = "zzd"
FAST_BUT_FORGETFUL = [
    "-c",
    "fsync=off",
    "-c",
    "synchronous_commit=off",
    "-c",
    "full_page_writes=off",
]


# PostgreSQL


def postgres_folders() -> Iterator[Path]:
    """Where the binaries may be: on PATH, else where Debian, Ubuntu and Homebrew keep them."""
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent
    for pattern in (
        "/usr/lib/postgresql/*/bin",
        "/opt/homebrew/opt/postgresql@*/bin",
        "/usr/local/opt/postgresql@*/bin",
        "/usr/pgsql-*/bin",
    ):
        folders = Path("/").glob(pattern.lstrip("/"))
        yield from sorted(
            folders, key=lambda folder: int(re.sub(r"\D", "", str(folder)) or 0), reverse=True
        )


def postgres_binaries() -> Path | None:
    return next((folder for folder in postgres_folders() if (folder / "initdb").exists()), None)


def require_binaries() -> Path:
    """The folder of PostgreSQL's programs, once both servers are on this machine."""
    missing = [] if postgres_binaries() else ["postgresql"]
    if not shutil.which("redis-server"):
        missing.append("redis-server")
    if missing:
        install_programs(missing, needed_for="a database server is missing")
    binaries = postgres_binaries()
    if not binaries or not shutil.which("redis-server"):
        raise Failure(
            "PostgreSQL and Redis are still missing: install postgresql and redis-server."
        )
    return binaries


def unprivileged_user() -> str | None:
    """Whom PostgreSQL, which refuses root, runs as. None where it can run as ourselves."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise Failure(
        "PostgreSQL refuses to run as root and there is no user postgres: run this as another user."
    )


def data_folder(wanted: Path, user: str | None) -> Path:
    """`wanted`, or a place that PostgreSQL's user can reach: a checkout in /root it cannot."""
    if user is None:
        return wanted
    wanted.parent.mkdir(parents=True, exist_ok=True)
    reachable = subprocess.run(["test", "-x", wanted.parent], **run_as(user))
    if reachable.returncode == 0:
        return wanted
    name = hashlib.sha256(str(wanted).encode()).hexdigest()[:12]
    return Path("/var/tmp" if Path("/var/tmp").is_dir() else tempfile.gettempdir(), f"zzd-{name}")


def make_cluster(binaries: Path, data: Path, user: str | None, password: str) -> None:
    """Initialise a database cluster that sorts as Chinese does."""
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True, mode=0o700)
    # The server reads it as its own user, so it lies beside nothing that this user may not enter.
    handle, password_file = tempfile.mkstemp(prefix="zzd-")
    with os.fdopen(handle, "w") as file:
        file.write(password)
    if user:
        shutil.chown(data, user)
        shutil.chown(password_file, user)
    version = subprocess.run(
        [binaries / "initdb", "--version"], capture_output=True, text=True
    ).stdout
    major = int(re.search(r"(\d+)", version)[1])  # type: ignore[index]
    # Not C: code that only works where text sorts by bytes must show itself here.
    collation = ["--locale-provider=icu", "--icu-locale=zh"] if major >= 15 else []
    try:
        run_step(
            f"Making a database cluster with PostgreSQL {major}",
            [binaries / "initdb", "-D", data, "-U", DATABASE_USER, "-E", "UTF8", "--locale=C",
             *collation, "--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync"],
            cwd=Path("/"),
            user=user,
        )  # fmt: skip
    finally:
        os.unlink(password_file)


def start_postgres(
    group: Group,
    data: Path,
    *,
    password: str,
    forgetful: bool = False,
    settings: Mapping[str, str] | None = None,
) -> str:
    """Start PostgreSQL on its data, made if new, and return its URL once it accepts connections."""
    binaries = require_binaries()
    user = unprivileged_user()
    data = data_folder(data, user)
    if not (data / "PG_VERSION").exists():
        make_cluster(binaries, data, user, password)
    port = free_port()
    options = [f"--{name}={value}" for name, value in (settings or {}).items()]
    if forgetful:
        options += FAST_BUT_FORGETFUL
    group.start(
        "postgresql",
        [binaries / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", "",
         "-c", "max_connections=200", "-c", "timezone=UTC", *options],
        user=user,
        stop_signal=signal.SIGINT,
        stop_last=True,
    )  # fmt: skip
    ready = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    group.wait_until("Starting PostgreSQL", lambda: subprocess.run(ready).returncode == 0)
    create_database(binaries, port, password)
    return f"postgresql+psycopg://{DATABASE_USER}:{password}@127.0.0.1:{port}/{DATABASE}"


def create_database(binaries: Path, port: int, password: str) -> None:
    created = subprocess.run(
        [
            str(binaries / "createdb"),
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
            "-U",
            DATABASE_USER,
            DATABASE,
        ],
        env={**os.environ, "PGPASSWORD": password, "LC_ALL": "C"},
        capture_output=True,
        text=True,
    )
    if created.returncode and "already exists" not in created.stderr:
        raise Failure(f"PostgreSQL would not create a database: {created.stderr.strip()}")


# Redis


def start_redis(group: Group, *, password: str) -> str:
    """Start a Redis that keeps nothing: it carries what happens now, the database has the rest."""
    require_binaries()
    port = free_port()
    configuration = {
        "port": port,
        "bind": "127.0.0.1",
        "requirepass": password,
        "save": '""',
        "appendonly": "no",
        "dir": tempfile.gettempdir(),
    }
    # Through its standard input, so that the password is in no process list.
    lines = "".join(f"{name} {value}\n" for name, value in configuration.items())
    group.start("redis", ["redis-server", "-"], stdin=lines, stop_last=True)
    group.wait_until("Starting Redis", lambda: redis_answers(port))
    return f"redis://:{password}@127.0.0.1:{port}/0"


def redis_answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            # Without the password it answers -NOAUTH, which is an answer.
            return connection.recv(8)[:1] in (b"+", b"-")
    except OSError:
        return False


def new_password() -> str:
    return secrets.token_urlsafe(24)


def kept_secret(path: Path) -> str:
    """The secret in a file that only we may read, made at its first use."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(new_password())
    return path.read_text().strip()
