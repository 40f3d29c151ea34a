"""Fixtures that other packages' tests have."""

from tests.messaging.conftest import addressed
from tests.tasks.conftest import scene

__all__ = ["addressed", "scene"]
