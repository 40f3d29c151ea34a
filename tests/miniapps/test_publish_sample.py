"""``zzd miniapps publish-sample``: one command, as often as one likes."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.miniapps.conftest import manifest
from zzd.miniapps.commands import miniapps

URL = "http://localhost:8001"


class Operator:
    def __init__(self, folder: Path) -> None:
        self.manifest_file = folder / "manifest.json"
        self.secret_file = folder / "var" / "shelters.json"
        self.write(entry_url="${APP_URL}/", redirect_uris=["${APP_URL}/callback"])

    def write(self, **changes: Any) -> None:
        self.manifest_file.write_text(json.dumps(manifest(**changes)), encoding="utf-8")

    def publish(self, *more: str) -> Result:
        people = ("--developer", "app_developer", "--reviewer", "system_admin")
        people += ("--installer", "33.leader")
        return CliRunner().invoke(
            miniapps,
            [
                *("publish-sample", str(self.manifest_file), "--entry", f"{URL}/"),
                *("--secret-file", str(self.secret_file), *people, *more),
            ],
        )

    def secret(self) -> dict[str, str]:
        kept: dict[str, str] = json.loads(self.secret_file.read_text())
        return kept


@pytest.fixture
def operator(app: Flask, tmp_path: Path) -> Operator:
    return Operator(tmp_path)


def shown(developer: ApiClient) -> tuple[str, int]:
    (app,) = developer.get("/miniapps")["items"]
    return app["state"], app["version"]


def test_it_publishes_once_and_then_changes_nothing(
    operator: Operator, developer: ApiClient, as_: SignedIn
) -> None:
    first = operator.publish()
    assert first.exit_code == 0, first.output
    assert stat.S_IMODE(operator.secret_file.stat().st_mode) == 0o600
    kept = operator.secret()
    (entry,) = as_("3310.leader").get("/workbench")["items"]
    assert entry["entry_url"] == f"{URL}/"
    assert operator.publish().exit_code == 0
    assert operator.secret() == kept
    assert shown(developer) == ("published", 1)


@pytest.mark.parametrize("content", [None, "not json", "[]", '{"client_id": "x"}'])
def test_credentials_that_are_gone_or_wrong_are_made_anew(
    operator: Operator, content: str | None
) -> None:
    operator.publish()
    before = operator.secret()
    if content is None:
        operator.secret_file.unlink()
    else:
        operator.secret_file.write_text(content)
    assert operator.publish().exit_code == 0
    after = operator.secret()
    assert after["client_id"] == before["client_id"]
    assert after["client_secret"] != before["client_secret"]


def test_a_changed_manifest_is_published_as_a_new_version(
    operator: Operator, developer: ApiClient
) -> None:
    operator.publish()
    kept = operator.secret()
    operator.publish("--entry", "http://localhost:9001")
    assert shown(developer) == ("published", 2)
    assert operator.secret() == kept


def test_what_was_suspended_stays_so(
    operator: Operator, developer: ApiClient, reviewer: ApiClient
) -> None:
    operator.publish()
    (app,) = developer.get("/miniapps")["items"]
    reviewer.post(f"/miniapps/{app['id']}/suspension", {"reason": "x"}, status=200)
    assert operator.publish().exit_code == 0
    assert shown(developer) == ("suspended", 1)


def test_two_people_are_needed(operator: Operator) -> None:
    refused = operator.publish("--reviewer", "app_developer")
    assert refused.exit_code == 1
    assert "may not review" in refused.output


def test_refusals_say_what_to_mend(operator: Operator) -> None:
    assert "there is no active account nobody" in operator.publish("--developer", "nobody").output
    operator.write(category="games")
    assert "/manifest/category: Must be one of" in operator.publish().output
    operator.manifest_file.write_text("{")
    assert "is not JSON" in operator.publish().output
    operator.manifest_file.write_text("[]")
    assert "must be an object" in operator.publish().output
    assert not operator.secret_file.exists()
