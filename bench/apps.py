"""Mini-apps: a workbench among 988 of them, launch codes, webhooks, and sending while a million wait.

One web process and one worker on a PostgreSQL of our own. Launches are counted from a code that the
client was given to who the official is, which the answer to it says. Receivers of webhooks are on loopback: of a hundred, five
answer 500 and one never answers; what the others hear is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import _app_rows as rows
import orjson
from _databases import env_of, kept_folder, private_postgres, seed, upgrade
from _load import Http, percentile
from _people import Person, sign_in
from _servers import cpu_seconds_of, start_web
from bootstrap import BIN
from processes import Group
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.engine import make_url
from steps import Failure, run_main, say

from zzd import create_app
from zzd.db import database, transaction
from zzd.miniapps.models import MiniAppVersion
from zzd.settings import Settings

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]
HOOKS = 100


class Form(Http):
    """A client that also sends forms, as OAuth wants them."""

    async def form(self, path: str, **fields: str) -> dict:
        loop = asyncio.get_running_loop()
        if self._transport is None or self._transport.is_closing():
            await loop.create_connection(lambda: self, "127.0.0.1", self.port)
        packed = urlencode(fields).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(packed)}\r\n\r\n"
        )
        self._waiting = loop.create_future()
        assert self._transport
        self._transport.write(head.encode() + packed)
        return checked("form", await self._waiting)


def checked(what: str, answer: tuple[int, bytes, bytes]) -> dict:
    if answer[0] not in (200, 201):
        raise Failure(f"{what} was answered {answer[0]}: {answer[2][:300]!r}")
    return orjson.loads(answer[2])


def settings(url: str) -> Settings:
    key = env_of(url)["ZZD_SECRET_KEY"]
    return Settings(database_url=url, secret_key=key)


async def workbench(port: int, people: list[Person], count: int) -> list[float]:
    """Seconds of each, one after the other."""
    http, took = Http(port), []
    for number in range(count + len(people)):
        person = people[number % len(people)]
        begun = time.perf_counter()
        answer = await http.request("GET", "/api/v1/workbench?limit=200", token=person.token)
        checked("the workbench", answer)
        if number >= len(people):
            took.append(time.perf_counter() - begun)
    return took


def statements(url: str, person: Person) -> int:
    """Of one workbench, of somebody who was recognised a moment ago."""
    app, seen = create_app(settings(url)), 0
    with app.app_context():
        client, headers = app.test_client(), {"Authorization": f"Bearer {person.token}"}
        client.get("/api/v1/workbench?limit=200", headers=headers)

        @event.listens_for(database().engine, "before_cursor_execute")
        def note(*_: object) -> None:
            nonlocal seen
            seen += 1

        client.get("/api/v1/workbench?limit=200", headers=headers)
        database().engine.dispose()
    return seen


async def launches(
    port: int, people: list[Person], app_id: int, count: int, used: Callable[[], float]
) -> tuple[float, float]:
    """Identities a second, from codes that were handed out before, and the seconds of the web
    process's processor that they took by ``used``."""
    body = {"redirect_uri": rows.REDIRECT, "code_challenge": CHALLENGE}
    codes = []
    http = Http(port)
    for number in range(count):
        answer = await http.request(
            "POST",
            f"/api/v1/miniapps/{app_id}/launch",
            token=people[number % len(people)].token,
            body=body,
        )
        codes.append(checked("a launch", answer)["code"])

    async def take() -> None:
        client = Form(port)
        while codes:
            told = await client.form(
                "/oauth/token",
                grant_type="authorization_code",
                code=codes.pop(),
                redirect_uri=rows.REDIRECT,
                code_verifier=VERIFIER,
                client_id="app-bench-0",
                client_secret=rows.SECRET,
            )
            if "name" not in told["user"]:
                raise Failure(f"a launch told {told['user']}")

    begun, busy = time.perf_counter(), used()
    await asyncio.gather(*(take() for _ in range(8)))
    return count / (time.perf_counter() - begun), used() - busy


def webhooks(group: Group, url: str, app_ids: list[int], events: int) -> float:
    """Deliveries a second to those that accept, of ``HOOKS`` that all want every event."""
    receiver = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("_app_receiver.py"))],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert receiver.stdout
        port = int(receiver.stdout.readline())
        everywhere = app_ids[::10][:HOOKS] if len(app_ids[::10]) >= HOOKS else app_ids[::10]
        with create_app(settings(url)).app_context():
            with transaction() as session:
                rows.add_hooks(session, everywhere, port)
                audience = session.scalars(
                    select(MiniAppVersion.audience_id).filter_by(miniapp_id=everywhere[0])
                ).one()
                rows.add_events(session, events, audience or 0)
            database().engine.dispose()
        env = {**env_of(url), "ZZD_VAR": str(group.logs), "ZZD_OUTGOING_NETWORKS": "127.0.0.0/8"}
        worker = group.start("worker", [BIN / "zzd", "worker"], env=env)
        accepting = sum(place % 100 > 5 for place in range(len(everywhere)))
        expected, give_up = accepting * events, time.monotonic() + 300
        came, took = 0, 0.0
        while came < expected and time.monotonic() < give_up:
            number, seconds = receiver.stdout.readline().split()
            came, took = int(number), float(seconds)
        say(f"  {came} of {expected} deliveries came in {took:.1f} s")
        worker.process.terminate()
        worker.process.wait(30)
        if came < expected:
            raise Failure(f"only {came} of {expected} deliveries came")
        return came / took
    finally:
        receiver.terminate()
        receiver.wait()


async def sends_in_turn(
    ports: Sequence[int], people: list[Person], count: int
) -> tuple[float, float]:
    """The medians of sending by each of two processes, in milliseconds: ten messages by the one,
    ten by the other, so that what else the machine does falls on both."""
    places = [(port, await group_of(port, people)) for port in ports]
    took: list[list[float]] = [[] for _ in places]
    for number in range(count // 10 + 5):
        for (port, path), times in zip(places, took, strict=True):
            latest = await sends(port, people, path, 10)
            # The first ones make what later ones find.
            times += latest if number >= 5 else []
    return median(took[0]), median(took[1])


async def sends(port: int, people: list[Person], path: str, count: int) -> list[float]:
    """What each took, in milliseconds."""
    http, took = Http(port), []
    for _ in range(count):
        begun = time.perf_counter()
        answer = await http.request(
            "POST",
            path,
            token=people[0].token,
            body={"text": "收到", "client_id": os.urandom(8).hex()},
        )
        checked("a message", answer)
        took.append((time.perf_counter() - begun) * 1000)
    return took


async def group_of(port: int, people: list[Person]) -> str:
    body = {
        "kind": "group",
        "name": "测量",
        "official_ids": [str(person.official_id) for person in people[1:20]],
    }
    answer = await Http(port).request(
        "POST", "/api/v1/conversations", token=people[0].token, body=body
    )
    return f"/api/v1/conversations/{checked('a group', answer)['id']}/messages"


def with_undelivered(url: str, count: int) -> str:
    """The URL of a copy of the database in which so much waits for a webhook, written long ago as
    far as PostgreSQL is concerned: nothing of it is left to be cleaned up or put on the disk."""
    name = make_url(url).database
    copy = make_url(url).set(database=f"{name}_waiting")
    admin = create_engine(make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{copy.database}"'))
        connection.execute(text(f'CREATE DATABASE "{copy.database}" TEMPLATE "{name}"'))
    admin.dispose()
    found = copy.render_as_string(hide_password=False)
    with create_app(settings(found)).app_context():
        with transaction() as session:
            rows.add_undelivered(session, count)
        with database().engine.connect() as connection:
            own = connection.execution_options(isolation_level="AUTOCOMMIT")
            for statement in ("SET statement_timeout = 0", "VACUUM ANALYZE", "CHECKPOINT"):
                own.execute(text(statement))
        database().engine.dispose()
    return found


def main() -> None:
    options = arguments()
    load = os.getloadavg()
    folder = kept_folder("apps")
    with ExitStack() as stack:
        kept = stack.enter_context(Group(folder / "log"))
        url = private_postgres(kept, folder)
        upgrade(url)
        seed(url, officials=600)
        with create_app(settings(url)).app_context():
            with transaction() as session:
                app_ids = rows.build(session)
            with transaction() as session:
                rows.add_hooks(session, app_ids[:1], 9)
            database().engine.dispose()
        people = sign_in(url, 50)
        waiting = with_undelivered(url, options.undelivered)
        logs = stack.enter_context(TemporaryDirectory(prefix="zzd-bench-"))
        group = stack.enter_context(Group(Path(logs)))
        (port,) = start_web(group, url, 1)
        shown = asyncio.run(workbench(port, people, options.requests))
        p50, p99 = percentile(shown, 50), percentile(shown, 99)
        say(
            f"  workbench: p50 {p50:.1f} ms, p99 {p99:.1f} ms, {statements(url, people[0])} statements"
        )
        rate, busy = asyncio.run(
            launches(
                port,
                people,
                app_ids[0],
                options.launches,
                lambda: cpu_seconds_of(group).get("web 1", 0.0),
            )
        )
        cost = busy * 1000 / options.launches
        say(
            f"  launch codes to identities: {rate:.0f}/s; {cost:.2f} ms of the web process's"
            f" processor each, {1000 / cost if cost else 0:.0f}/s on one core"
        )
        other = stack.enter_context(Group(Path(stack.enter_context(TemporaryDirectory()))))
        (waiting_port,) = start_web(other, waiting, 1)
        before, after = asyncio.run(sends_in_turn((port, waiting_port), people, options.requests))
        say(f"  sending: {before:.1f} ms, with {options.undelivered:,} undelivered {after:.1f} ms")
        other.stop()
        group.stop()
        calls = stack.enter_context(Group(Path(logs)))
        told = webhooks(calls, url, app_ids, options.events)
    say(f"  load {load[0]:.1f} at the beginning, {os.getloadavg()[0]:.1f} at the end")
    found = {
        "workbench_p50_ms": round(p50, 1),
        "workbench_p99_ms": round(p99, 1),
        "launch_per_s": round(rate),
        "webhooks_per_s": round(told),
        "send_slowdown": round(after / before, 2),
    }
    say(json.dumps(found))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("script/bench apps", description=__doc__)
    parser.add_argument("--requests", type=int, default=300, help="workbenches and messages (300)")
    parser.add_argument("--launches", type=int, default=2000)
    parser.add_argument("--events", type=int, default=100, help="for each of 99 webhooks (100)")
    parser.add_argument("--undelivered", type=int, default=1_000_000)
    return parser.parse_args()


if __name__ == "__main__":
    run_main(main)
