"""Events that say no more than "look again": what is fetched on hearing one is what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, g

from tests.client import ApiClient
from tests.listener import Listener
from zzd.realtime.outbox import Event


class Screen:
    """What a client shows of one address, and fetches again at each event of a type."""

    def __init__(self, client: ApiClient, socket: Listener, path: str) -> None:
        self.client, self.socket, self.path = client, socket, path

    def fetch(self) -> Any:
        answer = self.client.request("GET", self.path)
        return answer.status_code, answer.get_json()

    @contextmanager
    def following(self, app: Flask, type_: str) -> Iterator[list[Any]]:
        """What was fetched so far, each time at the very moment at which the event was heard."""
        fanout = app.extensions["zzd.fanout"]
        deliver: Callable[[Event], None] = fanout._deliver
        fetched: list[Any] = []

        def deliver_and_look(event: Event) -> None:
            deliver(event)
            if event.type == type_ and self.socket.hear(type_):
                principal = g.get("principal")
                fetched.append(self.fetch())
                g.principal = principal

        fanout._deliver = deliver_and_look
        try:
            yield fetched
        finally:
            fanout._deliver = deliver

    def check(self, app: Flask, type_: str, act: Callable[[], object]) -> None:
        """The stale state and the event make the fresh one, which is another one."""
        stale = self.fetch()
        self.socket.hear()
        with self.following(app, type_) as fetched:
            act()
        assert fetched, f"{type_} was not heard"
        assert fetched[-1] == self.fetch() != stale
