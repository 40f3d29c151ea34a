"""Who gives no sign of life is closed; everybody else is asked at their own time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases import SqliteDatabase
from tests.organisation import PASSWORD
from tests.realtime.wires import RawSocket
from tests.servers import Person, running_servers
from zzd.realtime.pings import PingWheel


class Client:
    """Answers after ``answers_in`` seconds, or never."""

    def __init__(self, answers_in: float | None) -> None:
        self.answers_in = answers_in
        self.due = 0
        self.asked = False
        self.heard_at = 0.0
        self.pings: list[float] = []
        self.gone_at: float | None = None
        self.now = 0.0

    def ping(self) -> None:
        self.pings.append(self.now)

    def gone(self) -> None:
        self.gone_at = self.now

    def live(self, now: float) -> None:
        self.now = now
        if self.asked and self.answers_in is not None and now >= self.pings[-1] + self.answers_in:
            self.asked = False
            self.heard_at = now


def live(wheel: PingWheel, clients: list[Client], seconds: int, start: int = 0) -> None:
    for tenth in range(start * 10, (start + seconds) * 10):
        for client in clients:
            client.live(tenth / 10)
        wheel.turn(tenth / 10)


@pytest.mark.parametrize(("interval", "timeout"), [(20, 20), (25, 20), (10, 30), (1, 1)])
@pytest.mark.parametrize("answers_in", [0.1, 0.9])
def test_who_answers_stays_and_is_asked_before_its_client_would_give_up(
    interval: int, timeout: int, answers_in: float
) -> None:
    wheel, client = PingWheel(interval, timeout), Client(answers_in)
    wheel.add(client, 0)
    live(wheel, [client], 400)
    assert client.gone_at is None
    pauses = [b - a for a, b in zip([0, *client.pings], client.pings, strict=False)]
    # A client gives up after interval + timeout without a ping.
    assert max(pauses) < interval + timeout + 0.5
    assert len(client.pings) >= 400 // (max(interval, timeout) + 2)


@pytest.mark.parametrize(("interval", "timeout"), [(20, 20), (25, 20), (1, 1)])
def test_who_does_not_answer_is_gone_after_the_timeout(interval: int, timeout: int) -> None:
    wheel, client = PingWheel(interval, timeout), Client(None)
    wheel.add(client, 0)
    live(wheel, [client], 100)
    assert client.gone_at is not None
    assert len(client.pings) == 1
    assert timeout <= client.gone_at - client.pings[0] <= timeout + 1.2
    assert len(wheel) == 0


def test_those_who_came_at_once_are_not_all_asked_at_once() -> None:
    wheel, clients = PingWheel(20, 20), [Client(0.1) for _ in range(500)]
    for client in clients:
        wheel.add(client, 0)
    live(wheel, clients, 25)
    seconds = [int(client.pings[0]) for client in clients]
    assert max(map(seconds.count, range(25))) < 120


def test_who_left_is_not_asked() -> None:
    wheel, client = PingWheel(20, 20), Client(None)
    wheel.add(client, 0)
    wheel.remove(client)
    wheel.remove(client)
    live(wheel, [client], 50)
    assert (client.pings, client.gone_at, len(wheel)) == ([], None, 0)


def test_a_real_server_pings_and_closes_who_is_silent(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path)
    database.reset()
    with running_servers(
        1, database_url=database.url, redis_url=None, folder=tmp_path, ZZD_PING_SECONDS="1"
    ) as (server,):
        person = Person(server.url, "331081.leader", PASSWORD)
        with RawSocket(server.port) as silent, RawSocket(server.port) as answers:
            # From here on nothing keeps the one that answers from answering.
            silent.join(person.token)
            opening = answers.join(person.token)
            assert (opening["pingInterval"], opening["pingTimeout"]) == (1000, 1000)
            for _ in range(4):
                assert answers.text() == "2"
                answers.send("3")
            assert silent.text() == "2"
            assert silent.closed_with() == (1008, "ping timeout")
        person.close()
