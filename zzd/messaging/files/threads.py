"""Work that takes long, beside the loop that serves everybody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from gevent.monkey import is_module_patched
from gevent.threadpool import ThreadPool

Result = TypeVar("Result")
AT_ONCE = 4


def beside(call: Callable[..., Result], *args: Any) -> Result:
    """As ``zzd.beside``, in threads of its own: who signs in does not wait behind a large file."""
    if not is_module_patched("threading"):
        return call(*args)
    result: Result = _threads().apply(call, args)
    return result


@cache
def _threads() -> ThreadPool:
    return ThreadPool(AT_ONCE)


@cache
def decoders() -> threading.BoundedSemaphore:
    """Held by whoever runs a decoder: so many at once in a process."""
    return threading.BoundedSemaphore(2)
