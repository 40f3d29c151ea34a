"""``zzd-app login``: with the password, and the code of a second factor where there is one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from zzd_sdk import ZzdError
from zzd_sdk.cli import main


class Platform:
    """An account with a second factor."""

    def __init__(self, _server: str) -> None:
        pass

    def post(self, _path: str, body: dict[str, Any]) -> Any:
        if "code" not in body:
            raise ZzdError(401, "second_factor_required", "A code is needed")
        if body["code"] != "123456":
            raise ZzdError(401, "bad_code", "The code is wrong")
        return {"token": "t"}


@pytest.mark.parametrize(
    ("said", "typed", "status"),
    [
        ([], "123456\n", 0),
        (["--code", "123456"], "", 0),
        (["--code", "1"], "", 1),
        ([], "1\n", 1),
    ],
)
def test_the_code_of_a_second_factor_is_asked_for_where_it_is_needed(
    said: list[str], typed: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(main, "Client", Platform)
    asked = ["login", "--server", "https://x.cn", "--username", "a", "--password", "b", *said]
    done = CliRunner().invoke(main.zzd_app, asked, input=typed)
    assert done.exit_code == status, done.output
    kept = tmp_path / "zzd-app" / "credentials.json"
    assert (
        (json.loads(kept.read_text()) == {"https://x.cn": "t"})
        if status == 0
        else "bad_code" in done.output
    )
