"""The sample's people: five to open the app as, and those who bring it to their workbench."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from zzd_sdk.cli.publishing import install_for
from zzd_sdk.client import Client
from zzd_sdk.errors import ZzdError

UNAUTHORIZED = 401
SAMPLE_PASSWORD = "lekima-2019"  # noqa: S105, published with the sample data
# Of three cities, so that what one may not see of the others shows.
OFFICIALS = ("city", "township", "village", "other_city", "third_city")


@dataclass
class Sample:
    """Signs in once for each of them."""

    client: Client
    password: str
    _answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, username: str) -> dict[str, Any]:
        if username not in self._answers:
            body = {"username": username, "password": self.password}
            self._answers[username] = self.client.post("/sessions", body)
        return self._answers[username]

    def token(self, username: str) -> str:
        token: str = self.answer(username)["token"]
        return token

    def as_(self, username: str) -> Client:
        return self.client.as_(self.token(username))

    def officials(self) -> list[dict[str, str]]:
        """The five, with name, post and unit."""
        found: list[dict[str, str]] = []
        for username in OFFICIALS:
            try:
                answer = self.answer(username)
            except ZzdError as error:
                if error.status != UNAUTHORIZED or not found:
                    raise
                # Not in the sample of a platform that was filled before.
                continue
            post = answer["post"]
            name = f"{answer['official']['name']} {post['unit']['name']} {post['title']}"
            found.append({"username": username, "id": answer["official"]["id"], "name": name})
        return found


def publish(sample: Sample, miniapp_id: str) -> None:
    """Submit, review, publish and install the newest version, each step by whom it takes."""
    developer, reviewer = sample.as_("developer"), sample.as_("sysadmin")
    path = f"/miniapps/{miniapp_id}"
    state = developer.get(path)["state"]
    if state in ("draft", "rejected"):
        state = developer.post(f"{path}/submission")["state"]
    if state not in ("approved", "published"):
        state = reviewer.post(f"{path}/review", {"decision": "approve"})["state"]
    if state == "approved":
        developer.post(f"{path}/publication")
    administrator = sample.as_("province_admin")
    province = administrator.get("/units", code="33")["items"][0]["id"]
    install_for(administrator, miniapp_id, province, optional=True)
