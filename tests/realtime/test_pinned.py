"""An upgrade of what the socket core leans on does not pass unnoticed."""

from __future__ import annotations

from importlib import import_module, metadata

import pytest

from zzd.realtime.pinned import NAMES, VERSIONS


@pytest.mark.parametrize("library", VERSIONS)
def test_the_libraries_are_those_that_were_measured_together(library: str) -> None:
    assert metadata.version(library) == VERSIONS[library]


@pytest.mark.parametrize("place", NAMES)
def test_what_is_used_of_them_is_still_there(place: str) -> None:
    module, _, names = place.partition(":")
    found: object = import_module(module)
    for name in names.split("."):
        found = getattr(found, name)
    assert callable(found)
