"""script/server: set everything up, start ZZD, say where it is, and stop all of it together."""

import argparse
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from bootstrap import (
    BIN,
    PYTHON,
    VAR,
    build_web_client,
    hash_of,
    is_locked,
    prepare_environment,
    require_room,
)
from printing import require_printing
from processes import Group, answers, free_port, port_is_free
from services import (
    data_folder,
    kept_secret,
    require_binaries,
    start_postgres,
    start_redis,
    unprivileged_user,
)
from steps import ROOT, Failure, Interrupted, run_aloud, run_main, say

SERVICES = VAR / "services"
# Where the sample mini-apps find their credentials.
SECRET_FILES = ("SHELTERS_SECRET_FILE", "ZONE_SECRET_FILE")
LOGS = VAR / "log"
ACCOUNTS = LOGS / "demo-accounts"
# What --reset removes: by name, as ZZD_VAR may point at a folder that holds more than ours.
DATA = (
    *("zzd.db*", "shelters.db*", "shelters.json", "typhoon_zone.db*", "typhoon_zone.json"),
    *("prepared", "files"),
)

DESCRIPTION = """\
Set up everything ZZD needs and serve it. The first run takes minutes, later ones seconds.

By default one process on SQLite in var/. With --services the production shape on this machine:
a private PostgreSQL and Redis, two web processes behind one address and one worker. Linux deals
connections out to both; macOS gives all to one. Sockets must use the websocket transport then.
"""
EPILOG = """\
environment:
  PORT            where to listen (8000); the sample mini-apps take the next two
  HOST            the address to listen on (127.0.0.1)
  ZZD_PUBLIC_URL  the address that browsers use, if it is another one
  ZZD_APPS_URL    the address of the shelter register for browsers, if it is another one
  ZONE_URL        the address of the typhoon zone for browsers, if it is another one
"""


def main() -> None:
    options = parse_arguments()
    host, port = address()
    with only_server_of_this_checkout(f"http://{bound(near(host), port)}"):
        for wanted in (port, port + 1, port + 2):
            require_free_port(host, wanted)
        if options.services:
            require_binaries()
        prepare_environment()
        require_printing()
        if options.reset:
            forget_everything(options.services)
        build_web_client()
        with Group(LOGS) as group:
            serve(group, host, port, options.services)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "script/server",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--services", action="store_true", help="PostgreSQL, Redis, two web processes and a worker"
    )
    parser.add_argument(
        "--reset", action="store_true", help="throw the data in var/ away and start over"
    )
    return parser.parse_args()


def address() -> tuple[str, int]:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65534:
        raise Failure(f"PORT={text} is no port: give a number from 1 to 65533.")
    return os.environ.get("HOST") or "127.0.0.1", int(text)


def near(host: str) -> str:
    """The address at which this machine reaches a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def bound(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def require_free_port(host: str, port: int) -> None:
    if not port_is_free(host, port):
        raise Failure(
            f"port {port} is in use. Stop what listens there or take another: "
            f"PORT={port + 10} script/server"
        )


@contextmanager
def only_server_of_this_checkout(url: str) -> Iterator[None]:
    """Two on one SQLite would not hear each other."""
    require_room()
    with open(VAR / "server.lock", "a+") as lock:
        if not is_locked(lock):
            lock.seek(0)
            owner = lock.read().strip()
            raise Failure(f"a server of this checkout is running at {owner}. Stop it first.")
        lock.truncate(0)
        lock.write(f"{url}, process {os.getpid()}")
        lock.flush()
        yield


def forget_everything(services: bool) -> None:
    """Remove the data of the shape that is asked for, and name what went."""
    if os.environ.get("ZZD_DATABASE_URL"):
        raise Failure("--reset knows only the data in var/, and ZZD_DATABASE_URL points elsewhere.")
    if services:
        found = [SERVICES, data_folder(SERVICES / "postgresql", unprivileged_user())]
    else:
        found = [path for name in DATA for path in sorted(VAR.glob(name))]
    removed = [path for path in found if path.exists()]
    for path in removed:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        say(f"  Removed {path}")
    if not removed:
        say("  Nothing to remove: there is no data yet")


def serve(group: Group, host: str, port: int, services: bool) -> None:
    # Into our own environment: every program that we start inherits it.
    os.environ |= settings(host, port)
    os.environ |= settings_of_apps(host, port, SERVICES if services else VAR)
    if services:
        os.environ |= start_services(group)
    prepare_database(services)
    group.wait_until("Starting ZZD", start_processes(group, host, port, services))
    say(f"\n{ACCOUNTS.read_text().rstrip()}\n")
    try:
        say(f"ZZD is at {os.environ['ZZD_PUBLIC_URL']}  (logs in {LOGS}; Ctrl-C stops it)")
        group.watch()
    except Interrupted:
        # The usual way to end: Ctrl-C, `kill`, or the terminal closing.
        say("\nStopping")


def settings(host: str, port: int) -> dict[str, str]:
    """The settings of every process, but for those that the caller's environment gives."""
    ours = {
        "ZZD_VAR": str(VAR),
        "ZZD_SECRET_KEY": kept_secret(VAR / "secret.key"),
        "ZZD_PUBLIC_URL": f"http://{bound(near(host), port)}",
        # Another host name than the client's: to the browser a mini-app is another site.
        "ZZD_APPS_URL": f"http://localhost:{port + 1}",
        "ZZD_GRACEFUL_SECONDS": "1",
        "ZZD_SMS_GATEWAY": "simulated",
        "ZZD_VOICE_GATEWAY": "simulated",
        # The sample mini-app, and those that somebody writes on this machine.
        "ZZD_OUTGOING_NETWORKS": "127.0.0.0/8,::1/128",
    }
    return {name: os.environ.get(name) or value for name, value in ours.items()}


def settings_of_apps(host: str, port: int, folder: Path) -> dict[str, str]:
    """The settings of the sample mini-apps, which know ZZD by its public API alone."""
    return {
        "ZZD_URL": f"http://{bound(near(host), port)}",
        "ZZD_CLIENT_ORIGINS": os.environ["ZZD_PUBLIC_URL"],
        "SHELTERS_URL": os.environ["ZZD_APPS_URL"],
        "SHELTERS_DATABASE": str(folder / "shelters.db"),
        "SHELTERS_SECRET_FILE": str(folder / "shelters.json"),
        "SHELTERS_SAMPLE": "1",
        "ZONE_URL": os.environ.get("ZONE_URL") or f"http://localhost:{port + 2}",
        "ZONE_DATABASE": str(folder / "typhoon_zone.db"),
        "ZONE_SECRET_FILE": str(folder / "typhoon_zone.json"),
        "ZONE_SAMPLE": "1",
    }


def start_services(group: Group) -> dict[str, str]:
    """Start PostgreSQL and Redis, and leave a file with which `zzd` commands reach them too."""
    SERVICES.mkdir(exist_ok=True)
    files = SERVICES / "files"
    if (SERVICES / "password").exists() and not files.exists() and (VAR / "files").exists():
        # Until there was a folder for each shape its files lay among the other's.
        shutil.copytree(VAR / "files", files)
    password = kept_secret(SERVICES / "password")
    reach = {
        # Of their own, as the database that knows them is: another one would sweep them away.
        "ZZD_FILES": os.environ.get("ZZD_FILES") or str(files),
        "ZZD_DATABASE_URL": start_postgres(group, SERVICES / "postgresql", password=password),
        "ZZD_REDIS_URL": start_redis(group, password=password),
        "ZZD_RUN_TIMERS": "0",
    }
    environment = SERVICES / "environment"
    environment.touch(mode=0o600)
    environment.write_text("".join(f"export {name}='{value}'\n" for name, value in reach.items()))
    return reach


def prepare_database(services: bool) -> None:
    """Migrations, sample data and the sample mini-apps; nothing where all of it is in place."""
    stamp = VAR / "prepared"
    embedded = not services and "ZZD_DATABASE_URL" not in os.environ
    if embedded and stamp.exists() and stamp.read_text() == state_of_embedded_database():
        return
    say("  Bringing the database up to date")
    program = ROOT / "script" / "lib" / "prepare_database.py"
    secrets = [os.environ[name] for name in SECRET_FILES]
    if run_aloud([PYTHON, program, ACCOUNTS, *secrets]):
        command = "script/server --services --reset" if services else "script/server --reset"
        raise Failure(f"the database could not be prepared. `{command}` starts over without it.")
    if embedded:
        stamp.write_text(state_of_embedded_database() or "")


def state_of_embedded_database() -> str | None:
    """Its revision, and a hash of what its preparation depends on; None if it is not there.

    Read without loading ZZD, which takes longer than all else that a start does.
    """
    row = None
    file = f"{(VAR / 'zzd.db').as_uri()}?mode=ro"
    with suppress(sqlite3.Error), closing(sqlite3.connect(file, uri=True)) as database:
        row = database.execute("SELECT version_num FROM alembic_version").fetchone()
    made = (*(Path(os.environ[name]) for name in SECRET_FILES), ACCOUNTS)
    if not row or not all(path.exists() for path in made):
        return None
    folders = ("zzd/migrations/versions", "zzd/sample", "apps/shelters", "apps/typhoon_zone")
    sources = [path for name in folders for path in sorted((ROOT / name).glob("*.*"))]
    urls = f"{os.environ['ZZD_APPS_URL']} {os.environ['ZONE_URL']}"
    return f"{row[0]} {hash_of(sources, urls)}"


def start_processes(group: Group, host: str, port: int, services: bool) -> Callable[[], bool]:
    """Start all that serves, and return the question whether all of it answers."""
    checks = []
    if services:
        for number in (1, 2):
            # The shared port leads to either; one of its own tells whether this one is ready.
            own_port = free_port()
            bind = f"{bound(host, port)},127.0.0.1:{own_port}"
            start_gunicorn(group, f"web {number}", "wsgi:app", bind, {"ZZD_REUSE_PORT": "1"})
            checks.append(("127.0.0.1", own_port, "/readyz"))
        group.start("worker", [BIN / "zzd", "worker"])
    else:
        start_gunicorn(group, "web", "wsgi:app", bound(host, port))
        checks.append((near(host), port, "/readyz"))
    for place, name in enumerate(("shelters", "typhoon_zone"), start=port + 1):
        start_gunicorn(group, name, f"apps.{name}.app:create_app()", bound(host, place))
        checks.append((near(host), place, "/healthz"))
    return lambda: all(answers(*check) for check in checks)


def start_gunicorn(
    group: Group, name: str, app: str, bind: str, env: Mapping[str, str] | None = None
) -> None:
    command: list[str | Path] = [BIN / "gunicorn", "-c", ROOT / "deploy" / "gunicorn.conf.py", app]
    group.start(name, command, env={"ZZD_BIND": bind, **(env or {})})


if __name__ == "__main__":
    run_main(main)
