"""Every call with an app's token, and of its server for tokens, for its supplier to read.

Calls are noted when they are answered and written together twice a second: one transaction for
each would make every reading a writing.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, request
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.bulk import table_of
from zzd.db import transaction
from zzd.miniapps.calls.models import AppCall
from zzd.principal import Principal

log = structlog.get_logger()

NOTED = "zzd.app_calls"
WRITE_EVERY = 0.5
WRITTEN_AT_ONCE = 1000
# While the database does not answer, no more than these wait in a process.
MOST_NOTED = 20_000
KEPT_FOR = timedelta(days=14)
FORGOTTEN_AT_ONCE = 5000


class Noted:
    """What this process has answered and not yet written."""

    def __init__(self) -> None:
        self.calls: deque[dict[str, Any]] = deque(maxlen=MOST_NOTED)
        self._writing = threading.Lock()

    def write(self) -> None:
        with self._writing:
            while self.calls:
                batch = [self.calls[n] for n in range(min(len(self.calls), WRITTEN_AT_ONCE))]
                with transaction() as session:
                    session.connection().execute(insert(table_of(AppCall)), batch)
                for _ in batch:
                    self.calls.popleft()


def register(app: Flask) -> None:
    app.extensions[NOTED] = Noted()
    app.before_request(_begin)
    app.after_request(_note)


def _begin() -> None:
    g.call_begun, g.calling_app = time.monotonic(), None


def _note(response: Response) -> Response:
    principal: Principal | None = g.get("principal")
    begun: float | None = g.get("call_begun")
    app_id: int | None = principal.app_id if principal else g.get("calling_app")
    if app_id is None:
        return response
    problem = response.get_json(silent=True) if response.status_code >= 400 else None
    current_app.extensions[NOTED].calls.append(
        {
            "miniapp_id": app_id,
            "installation_id": principal.installation_id if principal else None,
            "for_official": principal is not None and principal.official_id is not None,
            "at": clock.now(),
            "took_ms": round((time.monotonic() - begun) * 1000) if begun else 0,
            "method": request.method[:8],
            "path": (request.url_rule.rule if request.url_rule else request.path)[:200],
            "status": response.status_code,
            "code": _code_of(problem) if isinstance(problem, dict) else None,
        }
    )
    return response


def _code_of(problem: dict[str, Any]) -> str | None:
    """OAuth's endpoints have a word of their own for it (RFC 6749)."""
    code = problem.get("code") or problem.get("error")
    return str(code)[:64] if code else None


def keep_writing() -> None:
    """As long as the process serves."""
    while True:
        time.sleep(WRITE_EVERY)
        try:
            current_app.extensions[NOTED].write()
        except Exception as error:
            log.warning("calls of apps wait to be written", error=repr(error))


def list_calls(
    session: Session, miniapp_id: int, *, failed: bool, before_id: int | None, limit: int
) -> Sequence[AppCall]:
    """Up to ``limit + 1`` calls of an app, the newest first."""
    query = select(AppCall).where(AppCall.miniapp_id == miniapp_id)
    if failed:
        query = query.where(AppCall.status >= 400)
    if before_id is not None:
        query = query.where(AppCall.id < before_id)
    return session.scalars(query.order_by(AppCall.id.desc()).limit(limit + 1)).all()


def forget_old() -> None:
    """Delete what was kept long enough."""
    before = clock.now() - KEPT_FOR
    while True:
        with transaction() as session:
            old = select(AppCall.id).where(AppCall.at < before).limit(FORGOTTEN_AT_ONCE)
            result: Any = session.execute(delete(AppCall).where(AppCall.id.in_(old)))
        if result.rowcount < FORGOTTEN_AT_ONCE:
            return
