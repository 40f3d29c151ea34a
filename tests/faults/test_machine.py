"""The machine of tests/messaging on two processes, PostgreSQL and Redis: other steps each time."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.messaging.machine import machine_at
from tests.servers import ServerProcess


@pytest.mark.timeout(600)
def test_devices_of_two_processes_and_their_deaths_against_the_model(
    servers: list[ServerProcess],
) -> None:
    """``ZZD_TEST_SEED`` has it take the steps of an earlier run."""
    chosen = int(os.environ.get("ZZD_TEST_SEED") or random.SystemRandom().randrange(2**32))
    print(f"ZZD_TEST_SEED={chosen}")
    with machine_at(servers, kills=8) as machine:
        run_state_machine_as_test(
            seed(chosen)(machine),
            settings=settings(
                max_examples=10,
                stateful_step_count=50,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
