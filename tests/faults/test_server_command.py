"""script/server --services: PostgreSQL, Redis, two web processes and a worker, all stopped together."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.test_server_command import Command, a_day_with_it
from tests.test_server_command import start as start


@pytest.mark.timeout(600)
def test_the_production_shape_serves_stops_at_once_and_starts_again(
    start: Callable[..., Command],
) -> None:
    a_day_with_it(start, "--services")
