"""Fixtures that other packages' tests have."""

from tests.messaging.conftest import addressed
from tests.miniapps.calls.conftest import calling, itself
from tests.miniapps.conftest import developer, known_as, publish, reviewer
from tests.tasks.conftest import scene

__all__ = [
    "addressed",
    "calling",
    "developer",
    "itself",
    "known_as",
    "publish",
    "reviewer",
    "scene",
]
