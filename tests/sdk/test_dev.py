"""``zzd-app dev``: with the people there are, and by the names that the app knows them by."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from zzd_sdk import Client, Event, ZzdError
from zzd_sdk.dev import harness
from zzd_sdk.dev.forwarding import envelope_of
from zzd_sdk.dev.people import OFFICIALS, Sample
from zzd_sdk.dev.running import App

from tests.servers import wait_until


class Platform(Client):
    """Signs in those it knows, and refuses the others as it is told to."""

    def __init__(self, known: list[str], refusal: int) -> None:
        super().__init__("http://127.0.0.1:1")
        self.known, self.refusal = known, refusal

    def as_(self, token: str) -> Client:
        return self

    def post(self, path: str, body: Any = None) -> Any:
        if path.endswith("/known"):
            ids = [id_ for id_ in body["official_ids"] if id_ != "id of village"]
            return {"official_ids": ids, "known_as": [f"name of {id_}" for id_ in ids]}
        username = body["username"]
        if username not in self.known:
            raise ZzdError(self.refusal, "refused", "No")
        post = {"unit": {"name": "石塘镇"}, "title": "值班员"}
        official = {"id": f"id of {username}", "name": username}
        return {"token": username, "official": official, "post": post}


def test_whom_a_sample_does_not_have_is_passed_over() -> None:
    """It was filled before they were thought of; but nobody at all, or another refusal, is told."""
    some = [OFFICIALS[0], OFFICIALS[2]]
    found = Sample(Platform(some, 401), "x").officials()
    assert [each["username"] for each in found] == some
    for known, refusal in (([], 401), (some, 429)):
        with pytest.raises(ZzdError):
            Sample(Platform(known, refusal), "x").officials()


def test_a_page_is_given_those_it_may_know_by_their_names() -> None:
    sample = Sample(Platform(list(OFFICIALS), 401), "x")
    answers = harness.answers_of({"name": {}, "entry_url": ""}, "5", sample, None)  # type: ignore[arg-type]
    picked = answers["/pick"]({"as": OFFICIALS[0]})["items"]
    assert "name of id of city" in [each["id"] for each in picked]
    assert len(picked) == len(OFFICIALS) - 1


def test_an_event_is_told_as_the_platform_tells_it() -> None:
    told = {
        "specversion": "1.0",
        "id": "0f6f",
        "source": "https://zzd.example.cn",
        "type": "command.invoked",
        "subject": "commands/12",
        "time": "2019-08-09T13:30:00.123456+00:00",
        "datacontenttype": "application/json",
        "sequence": "0000000000000004711",
        "data": {"command_id": "12"},
        "installationid": "5",
    }
    assert envelope_of(Event.of(told)) == told


def test_an_app_that_ends_is_said_once_and_started_again_when_its_code_changes(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    command = f'{sys.executable} -c \'open("ran", "a").write("x"); exit(3)\''
    with App(tmp_path, command, {}, say=said.append):
        wait_until(lambda: len(said) == 1, 10, "it is said that the app ended")
        (tmp_path / "app.py").write_text("mended = True")
        wait_until(lambda: len(said) == 2, 10, "it was started again, and ended again")
    assert (tmp_path / "ran").read_text() == "xx"
    assert all("(3)" in each for each in said)
