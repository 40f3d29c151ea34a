"""Work that takes long, beside the loop that serves everybody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from gevent.threadpool import ThreadPool

from zzd.beside import beside_in

Result = TypeVar("Result")
AT_ONCE = 4


def beside(call: Callable[..., Result], *args: Any) -> Result:
    """As ``zzd.beside``, in threads of its own: who signs in does not wait behind a large file."""
    return beside_in(_threads, call, *args)


@cache
def _threads() -> ThreadPool:
    return ThreadPool(AT_ONCE)


@cache
def decoders() -> threading.BoundedSemaphore:
    """Held by whoever runs a decoder: so many at once in a process."""
    return threading.BoundedSemaphore(2)
