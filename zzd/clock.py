"""The server's time. Whatever decides by time asks here, so that tests can set it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_frozen: ContextVar[datetime | None] = ContextVar("zzd_frozen_time", default=None)


def now() -> datetime:
    """The current time, aware, UTC."""
    return _frozen.get() or datetime.now(UTC)


def is_set() -> bool:
    """Whether the time is one that a test chose."""
    return _frozen.get() is not None


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Within the block it is ``moment`` (aware) for the calling thread of control."""
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
