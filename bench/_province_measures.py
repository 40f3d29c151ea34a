"""What is asked of a province's database, through the services and routes that ask it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from _load import percentile
from _people import Person, sign_in
from flask import Flask
from sqlalchemy import event, text

from zzd import create_app
from zzd.db import database, reading
from zzd.identity.principals import principal_of_token
from zzd.messaging import conversations, receipts
from zzd.settings import Settings

BUSY = """
SELECT official_id FROM participation GROUP BY official_id HAVING count(*) >= 195
ORDER BY count(*) DESC LIMIT 20
"""
# Groups of five and of five hundred made for this, with one of their plain members.
GROUP_OF = """
SELECT c.id, (SELECT min(p.official_id) FROM participation p JOIN account a USING (official_id)
              WHERE p.conversation_id = c.id AND p.left_at IS NULL)
FROM conversation c WHERE c.kind = 'group' AND c.members BETWEEN :low AND :high
AND c.client_id LIKE 'province-%' ORDER BY c.id LIMIT 1
"""
# The county in the middle, by how many posts it has.
COUNTY = """
WITH counties AS (
    SELECT left(u.path, 15) AS path, count(*) AS posts
    FROM unit u JOIN post p ON p.unit_id = u.id WHERE u.level >= 3 GROUP BY 1
)
SELECT u.id, u.name FROM counties JOIN unit u ON u.path = counties.path
WHERE u.status = 'active' ORDER BY posts OFFSET (SELECT count(*) / 2 FROM counties) LIMIT 1
"""
ANNOUNCER = """
SELECT c.id, g.official_id FROM conversation c, (
    SELECT a.official_id FROM account_grant g JOIN account a ON a.id = g.account_id
    JOIN unit u ON u.id = g.unit_id WHERE g.role = 'issuer' AND u.level = 1 LIMIT 1) AS g
WHERE c.kind = 'announcement' ORDER BY c.id LIMIT 1
"""
INSERTED = """
SELECT relname, n_tup_ins FROM pg_stat_xact_user_tables WHERE n_tup_ins > 0 ORDER BY relname
"""


@dataclass
class Results:
    figures: dict[str, Any] = field(default_factory=dict)
    table: list[str] = field(default_factory=list)

    def say(self, what: str, times: list[float], more: str = "") -> float:
        """One line of the table, from seconds; returns the median in milliseconds."""
        p50, p95, p99 = (percentile(times, percent) for percent in (50, 95, 99))
        self.table.append(f"{what:44}{p50:9.2f}{p95:9.2f}{p99:9.2f}  {more}")
        return round(p50, 2)


def measure(url: str, *, rounds: int) -> Results:
    results = Results()
    results.table.append(f"{'':44}{'p50 ms':>9}{'p95':>9}{'p99':>9}")
    app = create_app(Settings(database_url=url, secret_key="x" * 40))
    with app.app_context():
        _inbox(results, url, rounds)
        _announce(results, app, url, rounds)
        _not_read(results, url, max(rounds // 10, 5))
        _send(results, app, url, rounds)
        database().engine.dispose()
    return results


@dataclass
class Statement:
    """As it was sent, and the seconds until its rows were here."""

    text: str
    values: Any
    seconds: float


@contextmanager
def _in_sql() -> Iterator[list[Statement]]:
    """The statements that are sent meanwhile."""
    seen: list[Statement] = []
    begun: list[float] = []
    engine = database().engine

    def before(*_: object) -> None:
        begun.append(time.perf_counter())

    def after(_connection: object, _cursor: object, text: str, values: Any, *_: object) -> None:
        seen.append(Statement(text, values, time.perf_counter() - begun.pop()))

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def _ids(query: str, **values: Any) -> list[Any]:
    with reading() as session:
        return [tuple(row) for row in session.execute(text(query), values)]


def _inbox(results: Results, url: str, rounds: int) -> None:
    busy = sign_in(url, 20, [row[0] for row in _ids(BUSY)])
    principals = [principal_of_token(person.token) for person in busy]
    in_turn, in_all, sent = [], [], []
    page: dict[str, Any] = {}
    # At first the process reads what it then remembers of the tree.
    for number in range(-len(busy), rounds + len(busy)):
        principal = principals[number % len(busy)]
        assert principal
        with reading() as session, _in_sql() as seen:
            begun = time.perf_counter()
            page = conversations.list_conversations(session, principal, cursor=None, limit=200)
            if number >= len(busy):
                in_all.append(time.perf_counter() - begun)
                in_turn.append(sum(statement.seconds for statement in seen))
            elif number >= 0:
                sent.append(seen)
    more = f"{len(page['items'])} conversations, {len(sent[0])} statements"
    figure = results.say("my conversations, in SQL", list(_again(sent, rounds)), more)
    results.figures["inbox_p50_ms"] = figure
    results.say("the same statements between Python's work", in_turn)
    results.say("all of it, with what Python makes of it", in_all)


def _again(sent: list[list[Statement]], rounds: int) -> Iterator[float]:
    """Seconds that the statements of one list take together, one after the other on one
    connection, each until all its rows are here. While Python makes something of the rows the
    server's core falls asleep, and waking it is no SQL."""
    with database().engine.connect() as connection:
        cursor = connection.connection.cursor()
        for number in range(rounds + len(sent)):
            begun = time.perf_counter()
            for statement in sent[number % len(sent)]:
                cursor.execute(statement.text, statement.values)
            if number >= len(sent):
                yield time.perf_counter() - begun


def _post(app: Flask, person: Person, path: str) -> Callable[[str], None]:
    client = app.test_client()
    headers = {"Authorization": f"Bearer {person.token}"}

    def post(words: str) -> None:
        answer = client.post(f"/api/v1{path}", json={"text": words}, headers=headers)
        assert answer.status_code == 201, answer.get_data(as_text=True)

    return post


def _timed(act: Callable[[str], None], rounds: int) -> list[float]:
    times = []
    for number in range(rounds + 5):
        begun = time.perf_counter()
        act(f"全省各级注意: 第{number}次通报。")
        times.append(time.perf_counter() - begun)
    return times[5:]


def _announce(results: Results, app: Flask, url: str, rounds: int) -> None:
    """Of the whole request, from HTTP's bytes to the commit; and what it wrote."""
    [(conversation_id, official_id)] = _ids(ANNOUNCER)
    [person] = sign_in(url, 1, [official_id])
    post = _post(app, person, f"/conversations/{conversation_id}/messages")
    times = _timed(post, rounds)
    written: dict[str, int] = {}

    @event.listens_for(database().engine, "commit")
    def commit(connection: Any) -> None:
        written.update(connection.exec_driver_sql(INSERTED).tuples().all())

    # Counted from a connection's beginning.
    database().engine.dispose()
    post("此件公开发布。")
    event.remove(database().engine, "commit", commit)
    # The event's row lives until it is published, which is now.
    written.pop("outbox", None)
    ms = results.say("an announcement to everybody, accepted", times, f"rows written: {written}")
    results.figures |= {"announce_ms": ms, "announce_rows": sum(written.values())}


def _not_read(results: Results, url: str, rounds: int) -> None:
    [(conversation_id, official_id)] = _ids(ANNOUNCER)
    [(county, name)] = _ids(COUNTY)
    [person] = sign_in(url, 1, [official_id])
    principal = principal_of_token(person.token)
    assert principal

    def ask(unit_id: int | None) -> tuple[list[float], dict[str, Any]]:
        times, page = [], {}
        for _ in range(rounds):
            with reading() as session:
                begun = time.perf_counter()
                page = receipts.page_readers(
                    session, principal, conversation_id, 2,
                    state="unread", unit_id=unit_id, cursor=None, limit=50,
                )  # fmt: skip
                times.append(time.perf_counter() - begun)
        return times, page

    times, page = ask(county)
    more = f"{name}: {page['unread']} have not, {page['read']} have"
    figure = results.say("who of a county has not read it", times, more)
    results.figures["not_read_county_ms"] = figure
    times, page = ask(None)
    more = f"{page['unread']:,} have not, {page['read']:,} have"
    results.say("who of the province has not", times, more)


def _send(results: Results, app: Flask, url: str, rounds: int) -> None:
    """Turn by turn, so that whatever else the machine does weighs on both."""
    posts = []
    for low, high in ((5, 6), (495, 501)):
        [(conversation_id, official_id)] = _ids(GROUP_OF, low=low, high=high)
        [person] = sign_in(url, 1, [official_id])
        posts.append(_post(app, person, f"/conversations/{conversation_id}/messages"))
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 10):
        for post, taken in zip(posts, times, strict=True):
            begun = time.perf_counter()
            post(f"第{number}次通报。")
            taken.append(time.perf_counter() - begun)
    small, large = (statistics.median(taken[10:]) for taken in times)
    results.say("a message to a group of 5", times[0][10:])
    results.say("a message to a group of 500", times[1][10:])
    results.figures["send_500_vs_5"] = round(large / small, 2)
