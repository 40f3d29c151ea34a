"""What is done to a province's directive: issued, acknowledged, watched, and killed in the middle."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from _load import Http, at_rate, percentile
from _people import Person, sign_in
from sqlalchemy import Engine, text

# Whoever answers for a unit: one official of each, the units in a mixed order.
ANSWERING = """
SELECT u.id, min(p.official_id) FROM unit u
JOIN post p ON p.unit_id = u.id AND p.is_primary AND p.ended_at IS NULL
JOIN official o ON o.id = p.official_id AND o.status = 'active'
WHERE u.status = 'active' AND u.level >= 3
GROUP BY u.id ORDER BY md5(u.id::text) LIMIT :count
"""
ISSUER = """
SELECT a.official_id FROM account_grant g JOIN account a ON a.id = g.account_id
JOIN unit u ON u.id = g.unit_id WHERE g.role = 'issuer' AND u.level = 1 ORDER BY a.id LIMIT 1
"""
COUNTIES = (
    "SELECT id FROM unit WHERE level = 3 AND status = 'active' ORDER BY md5(id::text) LIMIT 20"
)
SIGNED_IN_AT_ONCE = 10_000
FIGURES = [{"key": "moved", "name": "转移人数", "unit": "人", "required": True}]


@dataclass
class Answers:
    """Acknowledgements of one load; seconds."""

    took: list[float] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds if self.seconds else 0.0


class Province:
    """A database that was built for this, the processes over it, and who is signed in."""

    def __init__(self, engine: Engine, url: str, ports: list[int], people: int) -> None:
        self.engine, self.ports = engine, ports
        with engine.connect() as connection:
            issuer = connection.scalar(text(ISSUER))
            answering = connection.execute(text(ANSWERING), {"count": people}).all()
            self.root = connection.scalar(text("SELECT id FROM unit WHERE level = 1"))
            self.counties = connection.scalars(text(COUNTIES)).all()
        (self.issuer,) = sign_in(url, 1, [issuer])
        tokens: dict[int, str] = {}
        ids = [official_id for _, official_id in answering]
        for start in range(0, len(ids), SIGNED_IN_AT_ONCE):
            some = ids[start : start + SIGNED_IN_AT_ONCE]
            tokens |= {each.official_id: each.token for each in sign_in(url, len(some), some)}
        self.of_unit = {unit: Person(who, tokens[who]) for unit, who in answering if who in tokens}

    async def call(
        self, method: str, path: str, body: object = None, *, port: int = 0
    ) -> tuple[int, Any]:
        http = Http(port or self.ports[0])
        try:
            status, _, answer = await http.request(
                method, f"/api/v1{path}", token=self.issuer.token, body=body
            )
        finally:
            http.close()
        return status, orjson.loads(answer) if answer else None

    async def event(self) -> str:
        body = {"name": "台风利奇马", "kind": "typhoon", "mode": "exercise", "level": 1}
        status, made = await self.call("POST", "/events", body)
        assert status == 201, made
        return str(made["id"])

    def body(self, event: str, *, levels: list[int] | None, **more: Any) -> dict[str, Any]:
        ahead = datetime.now(UTC)
        return {
            "event_id": event,
            "title": "转移危险区域人员",
            "text": "立即转移危险区域全部人员，每小时报告一次。",
            "urgency": "critical",
            "audiences": [{"unit_id": str(self.root), "levels": levels}],
            "ack_deadline": (ahead + timedelta(hours=6)).isoformat(),
            "report_deadline": (ahead + timedelta(hours=8)).isoformat(),
            "figures": FIGURES,
            "escalation": [
                {"step": "remind", "after_minutes": 0},
                {"step": "deputy", "after_minutes": 10},
                {"step": "leader", "after_minutes": 20},
                {"step": "parent", "after_minutes": 30},
            ],
            **more,
        }

    async def issue(self, body: dict[str, Any], *, port: int = 0) -> tuple[str, float]:
        """The directive's id, and the seconds from the request to the answer."""
        began = time.perf_counter()
        status, made = await self.call("POST", "/directives", body, port=port)
        assert status == 201, made
        return str(made["id"]), time.perf_counter() - began

    def to_answer(self, directive: str) -> list[tuple[int, str]]:
        """Assignments of it with the token of somebody who answers for the unit."""
        query = text("SELECT unit_id, id FROM assignment WHERE directive_id = :directive")
        with self.engine.connect() as connection:
            ids = dict(connection.execute(query, {"directive": int(directive)}).all())
        return [(ids[unit], who.token) for unit, who in self.of_unit.items() if unit in ids]

    async def acknowledge(self, each: tuple[int, str], http: Http, answers: Answers) -> None:
        began = time.perf_counter()
        status, _, body = await http.request(
            "POST", f"/api/v1/assignments/{each[0]}/acknowledgement", token=each[1], body={}
        )
        if status == 201:
            answers.took.append(time.perf_counter() - began)
        else:
            answers.refused.append(body[:200])

    async def acknowledge_all(
        self, waiting: Iterator[tuple[int, str]], *, seconds: float, connections: int
    ) -> Answers:
        """As many as are answered: each connection sends its next when it has its answer."""
        answers = Answers()
        began = time.perf_counter()

        async def run(port: int) -> None:
            http = Http(port)
            while time.perf_counter() - began < seconds and (each := next(waiting, None)):
                await self.acknowledge(each, http, answers)
            http.close()

        await asyncio.gather(
            *(run(self.ports[number % len(self.ports)]) for number in range(connections))
        )
        answers.seconds = time.perf_counter() - began
        return answers

    @contextmanager
    def acknowledging(
        self, waiting: Iterator[tuple[int, str]], rate: float
    ) -> Iterator[tuple[Answers, Callable[[], Awaitable[None]]]]:
        """A constant rate of acknowledgements until it is told to stop, each timed from when it
        was due: whoever waits for a server that stands still is counted."""
        answers, stopped = Answers(), False
        idle: list[Http] = [Http(port) for port in self.ports for _ in range(20)]

        async def act(_number: int, due: float) -> None:
            each = None if stopped else next(waiting, None)
            if each is None:
                return
            http = idle.pop() if idle else Http(self.ports[0])
            status, _, body = await http.request(
                "POST", f"/api/v1/assignments/{each[0]}/acknowledgement", token=each[1], body={}
            )
            idle.append(http)
            if status == 201:
                answers.took.append(time.perf_counter() - due)
            else:
                answers.refused.append(body[:200])

        task = asyncio.ensure_future(at_rate(rate, 120, act))

        async def stop() -> None:
            nonlocal stopped
            stopped = True
            task.cancel()
            await asyncio.sleep(0.5)

        yield answers, stop

    async def timed(self, path: str, rounds: int, *, pause: float = 0.0) -> list[float]:
        took = []
        http = Http(self.ports[-1])
        for _ in range(rounds):
            began = time.perf_counter()
            status, _, body = await http.request("GET", f"/api/v1{path}", token=self.issuer.token)
            assert status == 200, body[:300]
            took.append(time.perf_counter() - began)
            await asyncio.sleep(pause)
        http.close()
        return took

    def count(self, query: str, **values: Any) -> int:
        with self.engine.connect() as connection:
            return int(connection.scalar(text(query), values) or 0)


def env_of_process(pid: int) -> dict[str, str]:
    """What a process was started with, to start another like it."""
    entries = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)


def kill(pid: int) -> None:
    """The process and those below it, at once, as a machine that loses its power would."""
    os.killpg(os.getpgid(pid), signal.SIGKILL)


def p(values: list[float], percent: float) -> float:
    return round(percentile(values, percent), 1)
