"""Searching 3.6 million messages as somebody in 200 groups and 100 audiences: rare and frequent words.

The first run builds the database (some minutes) in var/bench, in a PostgreSQL of its own
that runs meanwhile, or in the empty one that ZZD_BENCH_DATABASE_URL names; later runs only measure.
Times are those of GET /api/v1/search in this process, from the request to the whole answer.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from contextlib import ExitStack
from typing import Any

import _said
from _databases import forget, kept_folder, private_postgres, upgrade
from flask import Flask
from processes import Group
from sqlalchemy import create_engine, select, text
from steps import Line, run_main, say

from zzd import create_app
from zzd.db import database, transaction
from zzd.identity import sessions
from zzd.identity.models import Account
from zzd.messaging.search.words import load_dictionary
from zzd.settings import Settings

KEY = "a key for benchmarks " * 2
# What is typed, and with which filters; each kind many times with other words.
PLACES = (
    "石塘镇",
    "松门镇",
    "箬横镇",
    "大溪镇",
    "坎门街道",
    "城南镇",
    "温峤镇",
    "滨海镇",
    "楚门镇",
    "龙溪镇",
)
NEVER = ("堰塞湖", "海啸", "熔断", "北斗", "直升机", "龙卷风", "泥石流", "冰雹", "沙尘", "凌汛")
FREQUENT = ("收到", "转移", "危险区域", "现场", "水位", "人员", "网格员", "台风", "落实", "组织")
MIDDLING = (
    "疫苗",
    "纪要",
    "投资",
    "养老服务",
    "应急响应",
    "补贴",
    "值班员",
    "指挥部",
    "抢修",
    "渔船",
)
PHRASES = ("转移危险区域人员", "马上落实", "持续上涨", "做好防御准备", "低洼地带群众")
SINGLE = ("水", "台", "镇", "村", "户")


def questions() -> list[tuple[str, list[dict[str, Any]]]]:
    day = {"from": "2020-01-01T00:00:00Z"}
    return [
        ("a rare word (a place)", [{"q": q} for q in PLACES]),
        ("a word nobody said", [{"q": q} for q in NEVER]),
        ("a middling word (1 in 50)", [{"q": q} for q in MIDDLING]),
        ("a frequent word (1 in 5)", [{"q": q} for q in FREQUENT]),
        ("a phrase, in words", [{"q": q} for q in PHRASES]),
        ("a phrase, as it is", [{"q": f'"{q}"'} for q in PHRASES]),
        ("one character", [{"q": q} for q in SINGLE]),
        ("a place and a frequent word", [{"q": f"{q} 转移"} for q in PLACES]),
        ("by one sender", [{"q": q, "sender_id": "77"} for q in FREQUENT + MIDDLING]),
        ("since a day", [{"q": q, **day} for q in FREQUENT + MIDDLING]),
        ("in one group", [{"q": q, "conversation_id": "77"} for q in FREQUENT + PLACES]),
        ("all sections", [{"q": q, "in": "all"} for q in FREQUENT + MIDDLING + PLACES]),
    ]


def main() -> None:
    options = parse_arguments()
    with ExitStack() as stack:
        url = os.environ.get("ZZD_BENCH_DATABASE_URL") or kept(stack, options.messages)
        build_if_empty(url, options.messages)
        if options.build_only:
            return
        app = create_app(Settings(database_url=url, secret_key=KEY))
        with app.app_context():
            measured = measure(app, options.rounds)
            database().engine.dispose()
    say(f"\n  {'milliseconds':32}{'p50':>9}{'p95':>9}{'most':>9}")
    for name, times in measured.items():
        say(f"  {name:32}{median(times):9.1f}{p95(times):9.1f}{max(times):9.1f}")
    together = [one for times in measured.values() for one in times]
    say(f"  {'together':32}{median(together):9.1f}{p95(together):9.1f}{max(together):9.1f}\n")
    say(json.dumps({"p95_ms": round(p95(together), 1)}))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("script/bench search", description=__doc__)
    parser.add_argument("--messages", type=int, default=3_600_000, help="how many (3600000)")
    parser.add_argument("--build-only", action="store_true", help="measure nothing")
    parser.add_argument("--rounds", type=int, default=3, help="of each question (3)")
    return parser.parse_args()


def kept(stack: ExitStack, messages: int) -> str:
    """The URL of the kept database, whose server runs until ``stack`` is left. What was not built
    to its end is built anew."""
    folder = kept_folder(f"search-{messages}")
    if not (folder / "built").exists():
        forget(folder)
        with Group(folder / "log") as group:
            build_if_empty(private_postgres(group, folder, forgetful=True), messages)
        (folder / "built").touch()
    group = stack.enter_context(Group(folder / "log"))
    return private_postgres(group, folder)


def build_if_empty(url: str, messages: int) -> None:
    upgrade(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        empty = connection.scalar(text("SELECT id FROM message LIMIT 1")) is None
    if empty:
        app = create_app(Settings(database_url=url, secret_key=KEY))
        with app.app_context(), Line(f"Writing {messages:,} messages") as line:
            for done in _said.build(engine, messages):
                line.detail = done
            database().engine.dispose()
    engine.dispose()


def measure(app: Flask, rounds: int) -> dict[str, list[float]]:
    """Milliseconds by question. The first time of each is not counted: it fills the caches."""
    with transaction() as session:
        account = session.scalars(select(Account).where(Account.username == "bench")).one()
        opened = sessions.open_session(
            session,
            account,
            kind="program",
            device="bench",
            settings=app.extensions["zzd.settings"],
        )
    headers = {"Authorization": f"Bearer {opened.token}"}
    client = app.test_client()
    load_dictionary()

    def ask(query: dict[str, Any]) -> float:
        begun = time.perf_counter()
        answer = client.get(
            "/api/v1/search", query_string={"in": "messages", **query}, headers=headers
        )
        if answer.status_code != 200:
            raise RuntimeError(f"{query} was answered {answer.status_code}")
        return (time.perf_counter() - begun) * 1000

    for _, queries in questions():
        for query in queries:
            ask(query)
    return {
        name: [ask(query) for _ in range(rounds) for query in queries]
        for name, queries in questions()
    }


def median(times: list[float]) -> float:
    return statistics.median(times)


def p95(times: list[float]) -> float:
    return sorted(times)[max(0, -(-len(times) * 95 // 100) - 1)]


if __name__ == "__main__":
    run_main(main)
