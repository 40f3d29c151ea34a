"""What the tests of directives have in common: short words for what is done over and over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.client import ApiClient
from zzd import clock

SignedIn = Callable[[str], ApiClient]
UnitId = Callable[[str], str]

MOVED = {"key": "moved", "name": "转移人数", "unit": "人", "required": True}
BOATS = {"key": "boats", "name": "回港渔船", "unit": "艘"}

PROVINCE, TAIZHOU, WENZHOU = "33", "3310", "3303"
WENLING, JIAOJIANG, CANGNAN = "331081", "331002", "330327"
SHITANG, SONGMEN, HAIMEN = "331081100", "331081101", "331002001"
DONGHAI, HAILI, CANGAO = "331081100201", "331081100202", "331081101201"
ISSUER = "33.duty_officer"


def in_hours(hours: float) -> str:
    return (clock.now() + timedelta(hours=hours)).isoformat()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def duty(code: str) -> str:
    """The user name of a unit's duty officer, who is of the flood-control line."""
    return f"{code}.duty_officer"


class Scene:
    """An open event, and an issuer who may issue to the whole province."""

    def __init__(self, as_: SignedIn, unit_id: UnitId, *, mode: str = "actual") -> None:
        self.as_, self.unit_id = as_, unit_id
        self.issuer = as_(ISSUER)
        self.event = self.issuer.post(
            "/events", {"name": "台风利奇马", "kind": "typhoon", "mode": mode, "level": 1}
        )

    def body(self, *codes: str, **more: Any) -> dict[str, Any]:
        """A directive to the units with these codes alone, unless ``audiences`` says whom."""
        levels = {2: 1, 4: 2, 6: 3, 9: 4, 12: 5, 15: 6}
        return {
            "event_id": self.event["id"],
            "title": "转移危险区域人员",
            "text": "立即转移危险区域全部人员。",
            "urgency": "critical",
            "audiences": [
                {"unit_id": self.unit_id(code), "levels": [levels[len(code)]]} for code in codes
            ],
            "ack_deadline": in_hours(6),
            "report_deadline": in_hours(8),
            "figures": [MOVED, BOATS],
            **more,
        }

    def issue(self, *codes: str, status: int = 201, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.issuer.post(
            "/directives", self.body(*codes, **more), status=status
        )
        return made

    def all_below(self, code: str, **more: Any) -> dict[str, Any]:
        """An audience: the unit and everything below it."""
        return {"unit_id": self.unit_id(code), **more}

    def mine(self, username: str, directive: dict[str, Any]) -> dict[str, Any]:
        items = self.as_(username).get("/assignments", limit=200)["items"]
        return next(item for item in items if item["directive"]["id"] == directive["id"])

    def path(self, code: str, directive: dict[str, Any]) -> str:
        return f"/assignments/{self.mine(duty(code), directive)['id']}"

    def acknowledge(self, code: str, directive: dict[str, Any]) -> dict[str, Any]:
        path = self.path(code, directive)
        shown: dict[str, Any] = self.as_(duty(code)).post(f"{path}/acknowledgement")
        return shown

    def report(self, code: str, directive: dict[str, Any], **figures: int) -> dict[str, Any]:
        """Acknowledge where that is still to be done, and report."""
        if self.mine(duty(code), directive)["acknowledged"] is None:
            self.acknowledge(code, directive)
        path = self.path(code, directive)
        made: dict[str, Any] = self.as_(duty(code)).post(f"{path}/reports", {"figures": figures})
        return made

    def pass_on(
        self, code: str, directive: dict[str, Any], *, status: int = 201, **more: Any
    ) -> dict[str, Any]:
        own = self.mine(duty(code), directive)
        path = f"/assignments/{own['id']}"
        body = {"note": f"{code}补充要求", "ack_deadline": own["ack_deadline"], **more}
        made: dict[str, Any] = self.as_(duty(code)).post(f"{path}/cascade", body, status=status)
        return made

    def complete(self, code: str, directive: dict[str, Any], **more: Any) -> dict[str, Any]:
        path = self.path(code, directive)
        shown: dict[str, Any] = self.as_(duty(code)).post(f"{path}/completion", more)
        return shown

    def rollup(
        self, directive: dict[str, Any], code: str = PROVINCE, by: str = ISSUER
    ) -> dict[str, Any]:
        shown: dict[str, Any] = self.as_(by).get(
            f"/directives/{directive['id']}/rollup", unit_id=self.unit_id(code)
        )
        return shown
