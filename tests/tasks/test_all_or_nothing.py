"""Whoever dies in the middle of an act has done nothing of it, at whichever statement that was."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from tests.messaging.files.conftest import add, announce, picture
from tests.tasks.scenes import (
    CANGNAN,
    DONGHAI,
    HAIMEN,
    SHITANG,
    TAIZHOU,
    WENLING,
    Scene,
    duty,
    in_hours,
)
from zzd import clock
from zzd.db import Base, database, reading
from zzd.tasks.escalation import steps
from zzd.tasks.ledger import folding

Act = Callable[[], object]
# What is remembered of somebody who is recognised is no part of what they do.
ASIDE = {"session", "account"}


class Killed(BaseException):
    """The process is no more."""


@contextmanager
def killed_at(number: int) -> Iterator[list[str]]:
    """At the ``number``-th statement that writes, or commit: what is read between two changes nothing."""
    sent: list[str] = []

    def note(what: str) -> None:
        sent.append(what)
        if len(sent) == number:
            raise Killed

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        if not text.startswith(("SELECT", "BEGIN")):
            note(text)

    def commit(_connection: Any) -> None:
        note("COMMIT")

    engine = database().engine
    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", commit)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", statement)
        event.remove(engine, "commit", commit)


def everything() -> str:
    """All rows there are, as one digest."""
    digest = hashlib.sha256()
    with reading() as session:
        for table in Base.metadata.sorted_tables:
            if table.name not in ASIDE:
                rows = sorted(map(repr, session.execute(select(table)).all()))
                digest.update(repr((table.name, rows)).encode())
    return digest.hexdigest()


def dies_everywhere(act: Act) -> int:
    """Let it die at each statement in turn, and once not; returns how many there were."""
    before, number = everything(), 0
    while True:
        number += 1
        with killed_at(number) as sent:
            try:
                act()
            except Killed as killed:
                assert len(sent) == number
                # What was half read keeps SQLite's lock as long as somebody holds it.
                traceback.clear_frames(killed.__traceback__)
                continue
        assert everything() != before
        return number


@pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
def test_nothing_of_an_act_is_there_before_all_of_it(app: Flask, scene: Scene) -> None:
    directive = scene.issue(
        audiences=[scene.all_below(TAIZHOU, levels=[2, 3, 4, 5])],
        escalation=[{"step": "remind", "after_minutes": 0}],
        report_interval_minutes=30,
    )
    village, town = scene.as_(duty(DONGHAI)), scene.as_(duty(SHITANG))
    for code in (TAIZHOU, WENLING, SHITANG, DONGHAI):
        scene.acknowledge(code, directive)
    scene.report(DONGHAI, directive, moved=7, boats=1)
    scene.report(SHITANG, directive, moved=2)
    content = picture()
    photo = announce(village, len(content), "险情.jpg").get_json()["id"]
    add(village, photo, 0, content)
    own = {code: scene.path(code, directive) for code in (WENLING, SHITANG, DONGHAI, HAIMEN)}
    path = f"/directives/{directive['id']}"
    said = {
        "figures": {"moved": 9},
        "casualties": {"dead": 1},
        "photos": [{"file_id": photo}],
        "client_id": "report",
    }
    handed_on = {"note": "请落实", "levels": [4, 6], "ack_deadline": in_hours(2), "client_id": "on"}
    given = {"unit_id": scene.unit_id(CANGNAN), "reason": "不属本镇"}
    dies_everywhere(lambda: village.post(f"{own[DONGHAI]}/reports", said))
    dies_everywhere(lambda: scene.as_(duty(WENLING)).post(f"{own[WENLING]}/cascade", handed_on))
    dies_everywhere(lambda: scene.as_(duty(HAIMEN)).post(f"{own[HAIMEN]}/transfer", given))
    dies_everywhere(lambda: town.post(f"{own[SHITANG]}/completion", {"reason": "其余已确认"}))
    dies_everywhere(folding.fold)
    with clock.at(clock.now() + timedelta(hours=7)):
        dies_everywhere(steps.take_due)
        ring = {"client_id": "ring"}
        dies_everywhere(lambda: scene.issuer.post(f"{path}/late", ring))
        clear = {"unit_id": scene.unit_id(WENLING), "reason": "风已过"}
        dies_everywhere(lambda: scene.issuer.post(f"{path}/all-clear", clear))
        later = {"reason": "变化", "ack_deadline": in_hours(2), "report_deadline": in_hours(3)}
        dies_everywhere(lambda: scene.issuer.post(f"{path}/update", {**later, "client_id": "v2"}))
        dies_everywhere(folding.fold)
        over = f"/events/{scene.event['id']}/all-clear"
        dies_everywhere(lambda: scene.issuer.post(over, {"reason": "解除"}, status=200))
