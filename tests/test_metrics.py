"""What an operator's Prometheus is told, and who else is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import SignedIn, Statements
from zzd import clock
from zzd.db import transaction
from zzd.metrics import METRICS
from zzd.realtime import outbox
from zzd.settings import Settings, SettingsError

TOKEN = "of-the-operator-alone"


@pytest.fixture
def scrape(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, float]]:
    settings = replace(app.extensions["zzd.settings"], metrics_token=TOKEN)
    monkeypatch.setitem(app.extensions, "zzd.settings", settings)
    client: FlaskClient = app.test_client()

    def read() -> dict[str, float]:
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        lines = answer.get_data(as_text=True).splitlines()
        samples = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
        return {name: float(value) for name, value in samples}

    return read


@pytest.mark.parametrize("said", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer é"])
def test_who_has_not_the_token_finds_nothing(
    app: Flask, scrape: Callable[[], dict[str, float]], said: str | None
) -> None:
    headers = {} if said is None else {"Authorization": said}
    answer = app.test_client().get("/metrics", headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


def test_without_the_setting_there_is_no_such_page(app: Flask) -> None:
    for said in ("Bearer ", "Bearer None", f"Bearer {TOKEN}"):
        answer = app.test_client().get("/metrics", headers={"Authorization": said})
        assert answer.status_code == 404


@pytest.mark.parametrize("token", ["short", "zu-kurz-für-einen", "口令口令口令口令口令口令"])
def test_a_token_that_can_be_guessed_or_not_be_sent_is_refused(token: str) -> None:
    with pytest.raises(SettingsError, match="ZZD_METRICS_TOKEN"):
        Settings.from_env({"ZZD_SECRET_KEY": "k" * 32, "ZZD_METRICS_TOKEN": token})


def test_requests_are_told_by_route_and_not_by_what_is_asked_for(
    app: Flask, as_: SignedIn, scrape: Callable[[], dict[str, float]]
) -> None:
    def count(method: str, route: str, status: int) -> float:
        labels = f'method="{method}",route="{route}",status="{status}"'
        return scrape().get(f"zzd_request_seconds_count{{{labels}}}", 0.0)

    unit = ("GET", "/api/v1/units/<id:unit_id>", 200)
    before = count(*unit)
    for code in ("331081", "331081100"):
        found = as_("331081100.duty_officer").get("/units", code=code)["items"][0]
        as_("331081100.duty_officer").get(f"/units/{found['id']}")
    assert count(*unit) == before + 2
    for method in ("GET", "PUT", "WHATEVER"):
        app.test_client().open("/api/v1/somewhere/else", method=method)
    assert not [name for name in scrape() if "somewhere" in name or "WHATEVER" in name]


def test_what_waits_is_told_whoever_left_it_waiting(
    app: Flask, scrape: Callable[[], dict[str, float]]
) -> None:
    late = 'zzd_late_seconds{what="events"}'
    assert scrape()[late] == 0
    left_behind = clock.now() - timedelta(seconds=90)
    with clock.at(left_behind), transaction() as session:
        outbox.publish(session, "message.created", {}, rooms=["official:1"])
        session.info["outbox"].clear()
    with clock.at(left_behind + timedelta(seconds=90)):
        assert scrape()[late] == 90
    outbox.sweep()
    assert scrape()[late] == 0


def test_a_look_costs_one_statement_for_each_thing_that_may_wait(
    app: Flask, scrape: Callable[[], dict[str, float]], statements: Statements
) -> None:
    with statements() as seen:
        numbers = scrape()
    assert len(seen) == len(app.extensions[METRICS].late) == 6
    assert numbers["zzd_sockets"] == 0
    assert numbers["zzd_fanout_healthy"] == 1
    assert numbers["zzd_database_connections"] >= 0
