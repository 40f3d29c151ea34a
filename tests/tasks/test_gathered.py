"""Hundreds of answers are one event for those who watch the sums, in processes that serve."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.conftest import Listening
from tests.tasks.scenes import ISSUER, PROVINCE, SHITANG, SONGMEN, WENLING, Scene
from zzd.db import transaction
from zzd.tasks import gathered
from zzd.tasks.events import announce_sums, publish_sums


class Lost(Exception):
    """Something went wrong meanwhile."""


@pytest.fixture
def serving(app: Flask) -> Iterator[None]:
    app.extensions["zzd.beating"] = True
    yield
    del app.extensions["zzd.beating"]


def test_many_answers_are_told_once(scene: Scene, listening: Listening, serving: None) -> None:
    directive = scene.issue(SHITANG, SONGMEN, WENLING)
    screen = listening(ISSUER)
    screen.send("watch", {"directive_id": directive["id"], "unit_id": scene.unit_id(PROVINCE)})
    screen.hear()
    for code in (SHITANG, SONGMEN, WENLING):
        scene.acknowledge(code, directive)
    assert screen.hear("rollup.updated") == []
    gathered.flush(publish_sums)
    (heard,) = screen.hear("rollup.updated")
    assert {scene.unit_id(SHITANG), scene.unit_id(PROVINCE)} <= set(heard["unit_ids"])
    gathered.flush(publish_sums)
    assert screen.hear("rollup.updated") == []


def test_what_was_rolled_back_is_not_told(serving: None) -> None:
    def write_and_fail() -> None:
        with transaction() as session:
            announce_sums(session, 1, [1, 2])
            raise Lost

    told: list[list[int]] = []
    with pytest.raises(Lost):
        write_and_fail()
    gathered.flush(lambda _session, _directive, units: told.append(units))
    assert told == []


def test_what_could_not_be_told_is_told_the_next_time(serving: None) -> None:
    with transaction() as session:
        announce_sums(session, 1, [1, 2])

    def fail(*_: object) -> None:
        raise Lost

    with pytest.raises(Lost):
        gathered.flush(fail)
    told: list[list[int]] = []
    gathered.flush(lambda _session, _directive, units: told.append(units))
    assert told == [[1, 2]]
