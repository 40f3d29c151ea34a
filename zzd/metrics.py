"""What an operator's Prometheus reads of a process: ``GET /metrics``, with the operator's token.

How long requests take is gathered as they end. Everything else is looked up when it is asked for.
What waits in the database is the same whichever process is asked, so that one that is alive tells
of those that are not: a worker that died shows as timers that are late.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Select

from zzd import clock
from zzd.api import Caller, allow
from zzd.db import reading
from zzd.errors import NotFound
from zzd.settings import Settings

blueprint = Blueprint("metrics", __name__)

METRICS = "zzd.metrics"
# Seconds. A message's bar is 50 ms, a list's 15.
BUCKETS = (0.002, 0.005, 0.015, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
OldestDue = Select[Any]


class Metrics(Collector):
    """Of one process: what was gathered, and where to look for the rest."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "zzd_request_seconds",
            "Time until an answer was ready, by route",
            ("method", "route", "status"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.late: dict[str, OldestDue] = {}
        self.numbers: list[tuple[str, str, Callable[[], float]]] = []
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self.registry.register(self)

    def describe(self) -> list[Any]:
        """Nothing is looked up when it registers, where there is no application yet."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, words, look_up in self.numbers:
            yield GaugeMetricFamily(name, words, look_up())
        late = GaugeMetricFamily(
            "zzd_late_seconds",
            "How long the oldest has been due that was not done",
            labels=["what"],
        )
        with reading(plainly=True) as session:
            for what, oldest in self.late.items():
                late.add_metric([what], _seconds_since(session.scalar(oldest.limit(1))))
        yield late


def _seconds_since(due_at: datetime | None) -> float:
    return max(0.0, (clock.now() - due_at).total_seconds()) if due_at else 0.0


def add_number(app: Flask, name: str, words: str, look_up: Callable[[], float]) -> None:
    """Have a number of this process told: ``zzd_…``, what it is, and how it is looked up."""
    _of(app).numbers.append((name, words, look_up))


def add_late(app: Flask, what: str, oldest: OldestDue) -> None:
    """Have told how late the oldest of something is: a query, by index, for when it was due."""
    _of(app).late[what] = oldest


def _of(app: Flask) -> Metrics:
    """Made by whoever comes first: a part of the house may stand alone in an application."""
    found: Metrics | None = app.extensions.get(METRICS)
    if found is None:
        found = app.extensions[METRICS] = Metrics()
    return found


@blueprint.get("/metrics")
@allow(Caller.ANYONE)
def metrics() -> Response:
    """In Prometheus's text format. Without the token of ``ZZD_METRICS_TOKEN`` it does not exist."""
    settings: Settings = current_app.extensions["zzd.settings"]
    said = request.headers.get("Authorization", "").encode()
    if not settings.metrics_token or not hmac.compare_digest(
        said, f"Bearer {settings.metrics_token}".encode()
    ):
        raise NotFound
    found = generate_latest(current_app.extensions[METRICS].registry)
    return Response(found, content_type=CONTENT_TYPE_LATEST)


def register(app: Flask) -> None:
    """Before every package: requests are timed from here on, and packages add what they have."""
    app.register_blueprint(blueprint)
    pool: Any = app.extensions["zzd.db"].engine.pool
    add_number(app, "zzd_database_connections", "Connections to it in use", pool.checkedout)

    requests = _of(app).requests

    @app.before_request
    def begin() -> None:
        g.began_at = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        # What is no route of ours is told together: its names are whatever somebody tried.
        rule = request.url_rule
        labels = (request.method, rule.rule) if rule else ("", "")
        took = time.perf_counter() - g.began_at
        requests.labels(*labels, response.status_code).observe(took)
        return response
