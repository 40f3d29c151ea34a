"""The operator's commands say what is wrong in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.databases import settings_for
from zzd import create_app
from zzd.cli import zzd
from zzd.db import database


@pytest.mark.parametrize("command", [["seed"], ["demo-accounts"], ["worker"]])
def test_a_database_without_tables_is_named_as_such(tmp_path: Path, command: list[str]) -> None:
    app = create_app(settings_for(f"sqlite:///{tmp_path}/empty.db"))
    with app.app_context():
        result = CliRunner().invoke(zzd, command, obj=app)
        database().engine.dispose()
    assert result.exit_code == 1
    assert "zzd db upgrade" in result.output
    assert "Traceback" not in result.output
