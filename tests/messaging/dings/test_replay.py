"""Stale DINGs and the events since make the fresh ones, for who got them and for who sent them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn
from tests.listener import Listener
from tests.messaging.conftest import CITY
from tests.messaging.dings.conftest import DUTY, LEADER, START, Ding, run_timers
from zzd import clock

MINUTE = timedelta(minutes=1)
NO_ANSWER = {"delivered_at": None, "read_at": None, "confirmed_at": None, "late": False}
COUNTS = ("addressed", "confirmed", "read", "delivered", "unreached")


class Device:
    """Somebody's list of DINGs, as events change it."""

    def __init__(self, api: ApiClient, socket: Listener, box: str) -> None:
        self.api, self.socket, self.box = api, socket, box
        self.heard: set[str] = set()
        self.known = self.fetch()

    def fetch(self) -> dict[str, Any]:
        """Without what only its sender's page of one DING shows: steps and calls."""
        found = {}
        for item in self.api.get("/dings", box=self.box)["items"]:
            sent = item["sent"]
            item["sent"] = sent and {"progress": sent["progress"]}
            found[item["id"]] = item
        return found

    def follow(self) -> dict[str, Any]:
        start = len(self.socket.events)
        self.socket.hear()
        for event in self.socket.events[start:]:
            self.heard.add(event["type"])
            getattr(self, event["type"].replace(".", "_"))(event["data"])
        return self.known

    def ding_created(self, ding: dict[str, Any]) -> None:
        mine = {"sent": {"progress": None}} if self.box == "sent" else {"my": NO_ANSWER}
        self.known[ding["id"]] = {**ding, **mine}

    def ding_repeated(self, ding: dict[str, Any]) -> None:
        kept = {name: self.known[ding["id"]][name] for name in ("my", "sent")}
        self.known[ding["id"]] = {**ding, **kept}

    def ding_cancelled(self, told: dict[str, Any]) -> None:
        over = {"state": "cancelled", "cancelled_at": told["cancelled_at"], "next_repeat_at": None}
        self.known[told["ding_id"]].update(over)

    def ding_completed(self, told: dict[str, Any]) -> None:
        over = {"state": "complete", "next_repeat_at": None, "completed_at": told["completed_at"]}
        self.known[told["ding_id"]].update(over)

    def ding_receipt(self, told: dict[str, Any]) -> None:
        self.known[told["ding_id"]]["my"] = told["my"]

    def ding_progress(self, told: dict[str, Any]) -> None:
        ding = self.known[told["ding_id"]]
        for name in ("state", "completed_at", "next_repeat_at"):
            ding[name] = told[name]
        ding["sent"] = {"progress": {name: told[name] for name in COUNTS}}


def test_dings_and_the_events_since_make_the_fresh_ones(
    ding: Ding, confirm: Any, as_: SignedIn, listening: Listening
) -> None:
    devices = [
        Device(as_(DUTY), listening(DUTY), "received"),
        Device(as_(DUTY), listening(DUTY), "received"),
        Device(as_(CITY), listening(CITY), "sent"),
    ]
    made: dict[str, Any] = {}

    def send() -> None:
        made.update(ding("331081100", levels=[4], repeat={"every_minutes": 5, "times": 3}))

    def read() -> None:
        body = {"ding_ids": [made["id"]], "kind": "read"}
        as_(DUTY).post("/dings/receipts", body, status=200)

    def cancel() -> None:
        as_(CITY).post(f"/dings/{made['id']}/cancellation", status=200)

    acts = [
        send,
        read,
        run_timers,
        lambda: confirm(DUTY, made),
        lambda: confirm(LEADER, made),
        send,
        cancel,
    ]
    for number, act in enumerate(acts):
        with clock.at(START + number * 4 * MINUTE):
            act()
            run_timers()
            for device in devices:
                assert device.follow() == device.fetch()
    told = {"ding.created", "ding.repeated", "ding.cancelled", "ding.completed"}
    assert devices[0].heard == devices[1].heard == told | {"ding.receipt"}
    assert devices[2].heard == told | {"ding.progress"}
