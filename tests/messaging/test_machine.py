"""Whatever is dropped, doubled, mixed up, cut or killed: all devices come to show the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.databases import SqliteDatabase
from tests.messaging.machine import machine_at
from tests.servers import running_servers


@pytest.mark.timeout(180)
def test_devices_of_one_process_and_its_deaths_against_the_model(tmp_path: Path) -> None:
    """The same steps each time. A failure prints them; they are not made fewer, which would take
    as many minutes as there are steps."""
    database = SqliteDatabase(tmp_path)
    database.reset()
    with (
        running_servers(1, database_url=database.url, redis_url=None, folder=tmp_path) as servers,
        machine_at(servers, kills=2) as machine,
    ):
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=7,
                stateful_step_count=50,
                deadline=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
