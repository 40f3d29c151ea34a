"""Fixtures that other packages' tests have."""

from tests.messaging.conftest import addressed
from tests.miniapps.calls.conftest import calling, itself
from tests.miniapps.conftest import developer, publish, reviewer
from tests.tasks.conftest import scene

__all__ = ["addressed", "calling", "developer", "itself", "publish", "reviewer", "scene"]
