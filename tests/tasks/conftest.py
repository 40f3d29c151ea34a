"""Fixtures of the tests of directives."""

from __future__ import annotations

import pytest

from tests.tasks.scenes import Scene, SignedIn, UnitId


@pytest.fixture
def scene(as_: SignedIn, unit_id: UnitId) -> Scene:
    return Scene(as_, unit_id)
