"""Messages to a group of 50: from sending over HTTP, committed, to the screens of all members.

Real gunicorn processes with sockets, on SQLite (one process) and on a PostgreSQL of our own with
synchronous commit (one and two). The load comes at a constant rate, whatever the answers take, and
every delivery is timed from the moment its message was due. At the end the conversation must hold
exactly the messages that were acknowledged, and every screen must have shown each of them.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from _databases import kept_folder, private_postgres, seed, upgrade
from _load import Http, Socket, at_rate, cpu_seconds, percentile
from _people import Person, sign_in
from _servers import cpu_seconds_of, start_web
from _statements import count_statements
from processes import Group
from steps import Failure, run_main, say

TEXT = "请各乡镇值班员于二十时前上报转移人数, 并检查地质灾害点和在建工地。"
SETUPS = {"sqlite-1": 1, "postgresql-1": 1, "postgresql-2": 2}
# What the figures of the last line come from.
HEADLINE = "postgresql-2"
STATED_RATE, STATED_P99 = 200, 200.0
LOWEST_RATE = 20
Used = Callable[[], dict[str, float]]
NUMBERED = re.compile(rb'"text":"(\d+) ')


@dataclass
class Run:
    """What one load came to; times are seconds."""

    rate: float
    acknowledged: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    missing: int = 0
    generator: float = 0.0
    # Processor milliseconds of each part of the server for one message.
    cost: dict[str, float] = field(default_factory=dict)

    @property
    def p99(self) -> float:
        """From send to screen, in milliseconds; endless where something did not arrive."""
        return float("inf") if self.missing or self.refused else percentile(self.shown, 99)

    def line(self, name: str) -> str:
        ack, shown = (
            [percentile(t, p) for p in (50, 95, 99)] for t in (self.acknowledged, self.shown)
        )
        cells = "".join(f"{value:9.1f}" for value in (*ack, *shown))
        note = ""
        if self.p99 == float("inf"):
            first = self.refused[0][:120].decode(errors="replace") if self.refused else ""
            note = f"  missing {self.missing}, refused {len(self.refused)} {first}"
        return (
            f"  {name:14}{self.rate:8.0f}{cells}{percentile(self.late, 99):8.1f}"
            f"{self.generator:8.0%}   {self.costs()}{note}"
        )

    def costs(self) -> str:
        return ", ".join(f"{name} {ms:.1f}" for name, ms in self.cost.items() if ms >= 0.05)


class Group50:
    """A group whose members listen, and who all send."""

    def __init__(self, ports: list[int], people: list[Person], used: Used) -> None:
        self.ports = ports
        self.used = used
        self.people = people
        self.path = ""
        # The database is kept between runs, and a key is its sender's for ever.
        self.name = os.urandom(8).hex()
        self.idle: dict[int, list[Http]] = {port: [] for port in ports}
        self.due: dict[int, float] = {}
        self.shown: list[float] = []
        self.sent = 0
        self.acknowledged = 0

    async def open(self) -> None:
        members = [str(person.official_id) for person in self.people[1:]]
        body = {"kind": "group", "name": "防汛值班", "official_ids": members}
        made = await self.call("POST", "/conversations", self.people[0], body)
        self.path = f"/conversations/{made['id']}"
        self.sockets = [
            Socket(self.ports[number % len(self.ports)], person.token, self.hear)
            for number, person in enumerate(self.people)
        ]
        await asyncio.gather(*(socket.connect() for socket in self.sockets))

    async def reconnect(self) -> None:
        """Screens that an overload cut off come back before the next load."""
        for number, socket in enumerate(self.sockets):
            if socket.lost:
                self.sockets[number] = Socket(socket.port, socket.token, self.hear)
                await self.sockets[number].connect()

    async def call(self, method: str, path: str, person: Person, body: object = None) -> dict:
        http = Http(self.ports[0])
        status, _, answer = await http.request(
            method, f"/api/v1{path}", token=person.token, body=body
        )
        http.close()
        if status not in (200, 201):
            raise Failure(f"{method} {path} was answered {status}: {answer[:300]!r}")
        return orjson.loads(answer)

    def hear(self, packet: bytes) -> None:
        now = time.perf_counter()
        if b'"message.created"' in packet[:32] and (found := NUMBERED.search(packet)):
            due = self.due.get(int(found[1]))
            if due is not None:
                self.shown.append(now - due)

    async def load(self, rate: float, seconds: float) -> Run:
        await self.reconnect()
        run = Run(rate)
        self.shown = run.shown
        self.due.clear()
        first = self.sent

        async def send(number: int, due: float) -> None:
            number += first
            self.due[number] = due
            person = self.people[number % len(self.people)]
            port = self.ports[number % len(self.ports)]
            http = self.idle[port].pop() if self.idle[port] else Http(port)
            body = {"client_id": f"{self.name}-{number}", "text": f"{number} {TEXT}"}
            try:
                status, _, answer = await http.request(
                    "POST", f"/api/v1{self.path}/messages", token=person.token, body=body
                )
            except ConnectionError as error:
                run.refused.append(str(error).encode())
                return
            if status == 201:
                run.acknowledged.append(time.perf_counter() - due)
            else:
                run.refused.append(answer[:300])
            self.idle[port].append(http)

        used, begun, served = cpu_seconds(), time.perf_counter(), self.used()
        run.late = await at_rate(rate, seconds, send)
        self.sent += len(run.late)
        expected = len(run.acknowledged) * len(self.people)
        give_up = time.perf_counter() + 5
        while len(run.shown) < expected and time.perf_counter() < give_up:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        run.generator = (cpu_seconds() - used) / (time.perf_counter() - begun)
        sent = len(run.late)
        run.cost = {name: (now - served[name]) * 1000 / sent for name, now in self.used().items()}
        run.missing = max(expected - len(run.shown), 0)
        self.acknowledged += len(run.acknowledged)
        return run

    async def verify(self) -> None:
        """Neither lost nor doubled: the last number is the count of acknowledgements."""
        held = (await self.call("GET", self.path, self.people[0]))["last_seq"]
        if held != self.acknowledged:
            raise Failure(f"{self.acknowledged} were acknowledged and the group holds {held}.")

    def close(self) -> None:
        for socket in self.sockets:
            socket.close()


async def measure(
    name: str, ports: list[int], people: list[Person], used: Used, seconds: float, steps: int
) -> dict:
    group = Group50(ports, people, used)
    await group.open()
    # Until every process has done everything once and what it opens is open.
    say((await group.load(STATED_RATE, 5)).line("warming up"))
    stated = await group.load(STATED_RATE, seconds)
    say(stated.line(name))
    highest = await search(group, name, stated, steps)
    await group.verify()
    group.close()
    # Null where something was refused or did not arrive: JSON knows nothing endless.
    p99 = None if stated.p99 == float("inf") else round(stated.p99, 1)
    return {"p99_ms_at_200": p99, "max_rate_at_p99_200ms": highest}


async def search(group: Group50, name: str, stated: Run, steps: int) -> int:
    """The highest rate tried at which 99 of 100 deliveries take no longer than 200 ms."""
    good, bad = (0.0, float(STATED_RATE)) if stated.p99 > STATED_P99 else (float(STATED_RATE), 0.0)
    for _ in range(steps):
        if bad and (bad - good < 0.1 * bad or bad < LOWEST_RATE):
            break
        rate = (good + bad) / 2 if bad else good * 1.5
        run = await group.load(rate, 4)
        say(run.line(name))
        if run.p99 <= STATED_P99:
            good = rate
        else:
            bad = rate
            # What is still on its way must not weigh on the next.
            await asyncio.sleep(1)
    return round(good)


def database_for(name: str, group: Group, folder: Path) -> str:
    """The URL of a small organisation, made once and kept; every run makes a new group."""
    if name.startswith("sqlite"):
        url = f"sqlite:///{folder / 'zzd.db'}"
    elif given := os.environ.get("ZZD_BENCH_DATABASE_URL"):
        url = given
    else:
        url = private_postgres(group, folder)
    upgrade(url)
    seed(url, officials=600)
    return url


def cpu_of(*groups: Group) -> dict[str, float]:
    return {name: used for group in groups for name, used in cpu_seconds_of(group).items()}


def main() -> None:
    options = parse_arguments()
    results = {}
    statements = 0.0
    folder = kept_folder("small")
    folder.mkdir(parents=True, exist_ok=True)
    say(HEADER)
    for name in options.setups:
        with ExitStack() as stack:
            logs = stack.enter_context(TemporaryDirectory(prefix="zzd-bench-"))
            database = stack.enter_context(Group(folder / "log"))
            url = database_for(name, database, folder)
            people = sign_in(url, 50)
            counted = count_statements(url, people)
            say(counted.line())
            statements = max(statements, counted.message)
            group = stack.enter_context(Group(Path(logs)))
            ports = start_web(group, url, SETUPS[name])
            gc.collect()
            gc.freeze()
            used = partial(cpu_of, group, database)
            results[name] = asyncio.run(
                measure(name, ports, people, used, options.seconds, options.steps)
            )
    headline = results.get(HEADLINE) or list(results.values())[-1]
    say(json.dumps({**headline, "statements_per_message": statements, "setups": results}))


HEADER = (
    "\n  database-processes; ms from due to acknowledged, and to each screen;"
    " the generator's own lateness and CPU;\n  processor ms a message\n"
    f"  {'':14}{'rate/s':>8}{'ack p50':>9}{'p95':>9}{'p99':>9}{'scr p50':>9}{'p95':>9}{'p99':>9}"
    f"{'late':>8}{'busy':>8}   cost"
)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("script/bench send", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="at 200 messages/s (10)")
    parser.add_argument("--setups", nargs="+", choices=SETUPS, default=list(SETUPS))
    parser.add_argument("--steps", type=int, default=6, help="of the search for the highest (6)")
    return parser.parse_args()


if __name__ == "__main__":
    run_main(main)
