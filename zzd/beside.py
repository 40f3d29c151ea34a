"""Work that would hold up all of a process's greenlets, done in a real thread beside them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from gevent.monkey import is_module_patched
from gevent.threadpool import ThreadPool

Result = TypeVar("Result")

# Few: each may take much memory, a password's hash 64 MiB and a table more.
AT_ONCE = 2


def beside(call: Callable[..., Result], *args: Any) -> Result:
    """Call it while other requests go on; returns or raises what it does.

    In a process without gevent's patching (a command, a test) it is simply called.
    """
    return beside_in(_threads, call, *args)


def beside_in(threads: Callable[[], ThreadPool], call: Callable[..., Result], *args: Any) -> Result:
    """The same in threads of the caller's own, which are made when they are first needed."""
    if not is_module_patched("threading"):
        return call(*args)
    result: Result = threads().apply(call, args)
    return result


@cache
def _threads() -> ThreadPool:
    return ThreadPool(AT_ONCE)
