"""Catching up: the first load of a busy official, a day's absence, and 5,000 clients at once.

Two real gunicorn processes with Redis between them, on a PostgreSQL of our own. In the storm every
client has lost its server: it opens a socket, pulls what it missed with its cursor of yesterday,
and is in sync when both are done. Refused connections are tried again, as clients do.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any

import orjson
from _databases import kept_folder, private_postgres, seed, upgrade
from _load import Http, Socket, allow_descriptors, cpu_seconds, percentile
from _people import Person, sign_in
from _servers import cpu_seconds_of, start_web
from processes import Group
from sqlalchemy import text
from steps import Failure, Line, run_main, say

from zzd import clock, create_app
from zzd.db import database, transaction
from zzd.identity.principals import principal_of_token
from zzd.messaging import sync
from zzd.messaging.policy import standing_of
from zzd.settings import Settings

CLIENTS, GROUPS, MEMBERS = 5000, 200, 30
# Of the groups, how many had messages while the official was away, and how many each.
CHANGED, MESSAGES = 20, 30
GZIP = "Accept-Encoding: gzip\r\n"
TEXT = "请各乡镇值班员于二十时前上报转移人数, 并检查地质灾害点和在建工地。"
PROCESSES = 2
# Seconds within which clients try again after a loss, each at a moment of its own.
SPREAD = 1.5


async def call(http: Http, method: str, path: str, token: str, body: Any = None) -> Any:
    status, _, answer = await http.request(method, f"/api/v1{path}", token=token, body=body)
    if status not in (200, 201):
        raise Failure(f"{method} {path} was answered {status}: {answer[:300]!r}")
    return orjson.loads(answer)


async def join_groups(port: int, people: list[Person]) -> list[str]:
    """The first official's groups, made in the first run and kept."""
    me, http = people[0], Http(port)
    held = [
        c["id"] for c in (await call(http, "GET", "/sync", me.token))["conversations"]
        if c["kind"] == "group"
    ]  # fmt: skip
    for number in range(len(held), GROUPS):
        members = people[1 + number % 50 : 1 + number % 50 + MEMBERS]
        body = {
            "kind": "group",
            "name": f"防汛联络{number}群",
            "official_ids": [str(person.official_id) for person in members],
        }
        made = await call(http, "POST", "/conversations", me.token, body)
        words = {"text": f"{number}: {TEXT}"}
        await call(http, "POST", f"/conversations/{made['id']}/messages", members[0].token, words)
        held.append(made["id"])
    http.close()
    return held


async def first_load(port: int, me: Person, rounds: int) -> tuple[float, float, int]:
    """Median milliseconds, KiB as they came, and how many conversations that were."""
    http, times, size, found = Http(port), [], 0, 0
    for _ in range(rounds):
        begun = time.perf_counter()
        status, head, body = await http.request("GET", "/api/v1/sync", token=me.token, headers=GZIP)
        times.append(time.perf_counter() - begun)
        if status != 200 or b"gzip" not in head.lower():
            raise Failure(f"GET /sync was answered {status}, {head[:300]!r}")
        size = len(body)
    found = len((await call(http, "GET", "/sync", me.token))["conversations"])
    http.close()
    return percentile(times, 50), size / 1024, found


async def a_day_offline(port: int, people: list[Person], held: list[str]) -> str:
    """What a client of yesterday pulls: the conversations that changed, and of each its range."""
    me, other, http = people[0], people[1], Http(port)
    begun_at = await call(http, "GET", "/sync", me.token)
    known = {c["id"]: c["last_seq"] for c in begun_at["conversations"]}
    for conversation_id in held[:CHANGED]:
        members = await call(
            http, "GET", f"/conversations/{conversation_id}/members?limit=2", me.token
        )
        ids = [int(member["id"]) for member in members["items"]]
        other = next(p for p in people if p.official_id in ids and p is not me)
        for number in range(MESSAGES):
            words = {"text": f"{number}: {TEXT}"}
            path = f"/conversations/{conversation_id}/messages"
            await call(http, "POST", path, other.token, words)
    begun, size, pulled = time.perf_counter(), 0, 0
    path = f"/api/v1/sync?cursor={begun_at['cursor']}"
    _, _, body = await http.request("GET", path, token=me.token)
    size += len(body)
    changed = orjson.loads(body)["conversations"]
    for conversation in changed:
        after = known.get(conversation["id"], 0)
        if conversation["last_seq"] == after:
            continue
        path = f"/api/v1/conversations/{conversation['id']}/messages?after_seq={after}&limit=200"
        _, _, body = await http.request("GET", path, token=me.token)
        size += len(body)
        pulled += len(orjson.loads(body)["items"])
    http.close()
    ms = (time.perf_counter() - begun) * 1000
    if pulled != CHANGED * MESSAGES:
        raise Failure(f"{pulled} messages were pulled of {CHANGED * MESSAGES} that were missed.")
    return (
        f"{len(changed)} of {len(known)} conversations, {pulled} messages,"
        f" {ms:.0f} ms, {size / 1024:.0f} KiB before compression"
    )


class Storm:
    def __init__(self, ports: list[int], cursors: list[tuple[Person, str]]) -> None:
        self.ports = ports
        self.cursors = cursors
        self.done: list[float] = []
        self.again: Counter[str] = Counter()
        self.server_errors = 0
        self.sockets: list[Socket] = []

    async def run(self) -> float:
        """Seconds until the last one is in sync."""
        self.begun = time.perf_counter()
        clients = [self.client(n, *each) for n, each in enumerate(self.cursors)]
        await asyncio.gather(*clients)
        return max(self.done) - self.begun

    async def client(self, number: int, person: Person, cursor: str) -> None:
        port = self.ports[number % len(self.ports)]
        await asyncio.sleep(random.random() * SPREAD)
        while not await self.try_once(port, person, cursor):
            await asyncio.sleep(0.5 + random.random())
            if time.perf_counter() - self.begun > 180:
                raise Failure(f"not in sync after three minutes: {self.again}")
        self.done.append(time.perf_counter())

    async def try_once(self, port: int, person: Person, cursor: str) -> bool:
        socket = Socket(port, person.token, lambda _packet: None)
        http = Http(port)
        try:
            await socket.connect()
            self.sockets.append(socket)
            status, _, body = await http.request(
                "GET", f"/api/v1/sync?cursor={cursor}", token=person.token, headers=GZIP
            )
        except (OSError, TimeoutError) as error:
            self.again[type(error).__name__ + " " + str(error)[:60]] += 1
            socket.close()
            return False
        finally:
            http.close()
        if status >= 500:
            self.server_errors += 1
            self.again[f"HTTP {status}"] += 1
            socket.close()
        elif status != 200:
            raise Failure(f"GET /sync was answered {status}: {body[:300]!r}")
        return status == 200


def cursors_of_yesterday(url: str, people: list[Person]) -> list[tuple[Person, str]]:
    """What each client's last sync gave it a day ago; and all that was said since is older."""
    with create_app(Settings(database_url=url, secret_key="x" * 40)).app_context():
        with transaction() as session:
            for table in ("conversation", "participation"):
                session.execute(
                    text(
                        f"UPDATE {table} SET changed_at = changed_at - interval '2 days'"
                        " WHERE changed_at > now() - interval '2 days'"
                    )
                )
        found = []
        with transaction() as session, clock.at(clock.now() - timedelta(days=1)):
            for person in people:
                with clock.at(clock.now() + timedelta(days=1)):
                    principal = principal_of_token(person.token)
                assert principal
                standing = standing_of(session, principal)
                found.append((person, sync.encode_next(sync.afresh(standing))))
        database().engine.dispose()
    return found


def main() -> None:
    options = parse_arguments()
    room = allow_descriptors(options.clients * 2 + 200)
    if room < options.clients + 200:
        raise Failure(
            f"{options.clients} clients need {options.clients + 200} open files and this shell"
            f" allows {room}: raise `ulimit -n`, or say --clients."
        )
    folder = kept_folder("sync")
    with ExitStack() as stack:
        # What the servers log stays there for the run after: who was answered 5xx, and why.
        group = stack.enter_context(Group(folder / "log"))
        url = os.environ.get("ZZD_BENCH_DATABASE_URL") or private_postgres(group, folder)
        upgrade(url)
        seed(url, officials=6000)
        with Line("Signing in"):
            people = sign_in(url, options.clients)
        ports = start_web(group, url, PROCESSES)
        gc.collect()
        gc.freeze()
        figures = asyncio.run(measure(url, ports, people, partial(cpu_seconds_of, group)))
        if figures["storm_5xx"]:
            say(f"  why they were answered 5xx: {group.logs}/web-*.log")
    say(json.dumps(figures))


async def measure(
    url: str, ports: list[int], people: list[Person], served: Callable[[], dict[str, float]]
) -> dict[str, Any]:
    held = await join_groups(ports[0], people)
    cursors = cursors_of_yesterday(url, people)
    ms, kib, found = await first_load(ports[0], people[0], 15)
    say(f"\n  first load of {found} conversations: {ms:.0f} ms, {kib:.1f} KiB compressed")
    say(f"  a day offline: {await a_day_offline(ports[0], people, held)}")
    storm = Storm(ports, cursors)
    used, before = cpu_seconds(), served()
    seconds = await storm.run()
    cost = {name: (now - before[name]) * 1000 / len(cursors) for name, now in served().items()}
    busy = (cpu_seconds() - used) / seconds
    waits = [at - storm.begun for at in storm.done]
    say(
        f"  {len(cursors)} clients in sync after {seconds:.1f} s (median"
        f" {percentile(waits, 50) / 1000:.1f} s), {storm.server_errors} answers 5xx, tried again:"
        f" {dict(storm.again)}; the generator was busy {busy:.0%}\n"
        "  processor ms a client: "
        + ", ".join(f"{name} {ms:.1f}" for name, ms in cost.items() if ms >= 0.05)
    )
    for socket in storm.sockets:
        socket.close()
    return {
        "first_load_ms": round(ms, 1),
        "first_load_kib": round(kib, 1),
        "storm_5000_s": round(seconds, 1),
        "storm_5xx": storm.server_errors,
    }


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("script/bench sync", description=__doc__)
    parser.add_argument("--clients", type=int, default=CLIENTS, help="in the storm (5000)")
    return parser.parse_args()


if __name__ == "__main__":
    run_main(main)
