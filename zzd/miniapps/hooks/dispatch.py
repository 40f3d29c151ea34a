"""Telling webhooks: what is due is claimed, told outside of any transaction, and recorded.

One loop of a process claims and records; the requests themselves are made beside it, of one app at
most ``MOST_AT_ONCE``. A receiver that hangs keeps those of its own app waiting and nobody else. A
claim ends by itself, so what a dying worker had is told again, under the same ``webhook-id``.
"""

from __future__ import annotations

import queue
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Select, exists, func, select, union_all, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import is_one_of, reading, transaction
from zzd.miniapps import callbacks
from zzd.miniapps.hooks import recording, sight
from zzd.miniapps.hooks.envelope import CONTENT_TYPE, as_body, envelope
from zzd.miniapps.hooks.models import Delivery, Webhook
from zzd.miniapps.hooks.recording import Result
from zzd.miniapps.hooks.rules import CLAIMED_FOR, MOST_AT_ONCE, HookState
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.miniapps.policy import is_live
from zzd.outgoing import AddressRefused, Client, OutgoingError, client_here
from zzd.outgoing.signing import sign
from zzd.realtime import kept

DISPATCHER = "zzd.webhook_dispatcher"
# Requests under way at once in a process, of all apps together.
AT_ONCE = 256
# So many free places are filled at once.
WORTH_CLAIMING = 64
# Webhooks that are looked into at one time.
HOOKS_AT_ONCE = 100
# Seconds after which the loop looks again while requests are under way.
LOOK_AGAIN = 0.1
RECORDED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Told:
    """A delivery that is being told."""

    id: int
    webhook_id: int
    miniapp_id: int
    attempt: int
    url: str
    event_id: str
    body: bytes
    secrets: Sequence[str] = field(repr=False)


class Dispatcher:
    """The requests that this process has under way."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="webhooks")
        self._at_once = at_once
        self._under_way: Counter[int] = Counter()
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._turn = 0

    @property
    def under_way(self) -> int:
        return self._under_way.total()

    def step(self) -> None:
        """Claim, tell and record as long as there is something to do."""
        while self.turn() or self.under_way:
            pass

    def turn(self) -> bool:
        """Once around; whether anything was done."""
        results = self._finished()
        claimed: list[Told] = []
        unseen: list[Delivery] = []
        # While answers keep coming, many are claimed together.
        if not results or self._at_once - self.under_way >= WORTH_CLAIMING:
            claimed, unseen = self._claim()
        for told in claimed:
            self._under_way[told.miniapp_id] += 1
            self._pool.submit(self._tell, told, client_here())
        if results or unseen:
            with transaction() as session:
                recording.record(session, results)
                recording.withdraw(session, unseen)
        return bool(results or claimed or unseen)

    def _finished(self) -> list[Result]:
        """What has ended meanwhile; while something is under way, a moment is given to it."""
        results: list[Result] = []
        wait = LOOK_AGAIN
        while self.under_way and len(results) < RECORDED_AT_ONCE:
            try:
                result = self._results.get(timeout=wait) if wait else self._results.get_nowait()
            except queue.Empty:
                break
            self._under_way[result.miniapp_id] -= 1
            results.append(result)
            wait = 0.0
        return results

    def _claim(self) -> tuple[list[Told], list[Delivery]]:
        """What is told now, and what its app may not see any more."""
        free = self._at_once - self.under_way
        if free <= 0:
            return [], []
        with reading(plainly=True) as session:
            hooks = _with_something_due(session, self._full())
        if not hooks:
            return [], []
        # Where there are more than are looked into at a time, they take turns.
        self._turn %= len(hooks)
        at_once = min(HOOKS_AT_ONCE, max(4, free // 2))
        hooks = (hooks[self._turn :] + hooks[: self._turn])[:at_once]
        self._turn += len(hooks)
        with transaction() as session:
            each = max(1, min(MOST_AT_ONCE, 2 * free // len(hooks)))
            found = _lock_due(session, [hook.id for hook in hooks], each)
            chosen = self._within_limits(found, {hook.id: hook for hook in hooks}, free)
            return _claim(session, chosen, {hook.id: hook for hook in hooks})

    def _full(self) -> set[int]:
        return {app for app, count in self._under_way.items() if count >= MOST_AT_ONCE}

    def _within_limits(
        self, found: Sequence[Delivery], hooks: dict[int, Any], free: int
    ) -> list[Delivery]:
        going = Counter(self._under_way)
        chosen: list[Delivery] = []
        for delivery in found:
            app = hooks[delivery.webhook_id].miniapp_id
            if going[app] < MOST_AT_ONCE and len(chosen) < free:
                going[app] += 1
                chosen.append(delivery)
        return chosen

    def _tell(self, told: Told, client: Client) -> None:
        """Raises nothing: whatever becomes of it is a result."""
        at, begun = clock.now(), time.monotonic()
        headers = sign(told.secrets, f"evt-{told.event_id}", at, told.body)
        headers["Content-Type"] = CONTENT_TYPE
        answer, error = None, None
        try:
            answer = client.post(told.url, told.body, headers)
        except AddressRefused as refused:
            error = f"refused: {refused}"
        except OutgoingError as failed:
            error = str(failed) or type(failed).__name__
        except Exception as odd:
            error = repr(odd)
        took = round((time.monotonic() - begun) * 1000)
        self._results.put(
            Result(
                delivery_id=told.id,
                webhook_id=told.webhook_id,
                miniapp_id=told.miniapp_id,
                attempt=told.attempt,
                url=told.url,
                at=at,
                took_ms=took,
                headers=headers,
                answer=answer,
                error=error,
            )
        )


def dispatcher_here() -> Dispatcher:
    found: Dispatcher = current_app.extensions[DISPATCHER]
    return found


def register(app: Flask) -> None:
    app.extensions[DISPATCHER] = Dispatcher()


def dispatch_due() -> None:
    dispatcher_here().step()


def _with_something_due(session: Session, full: set[int]) -> list[Any]:
    """Live webhooks of apps that people may open, with something due: a look into the index for
    each, whatever waits."""
    due = exists().where(Delivery.webhook_id == Webhook.id, Delivery.due_at <= clock.now())
    query = (
        select(Webhook.id, Webhook.miniapp_id, Webhook.url)
        .join(MiniApp, MiniApp.id == Webhook.miniapp_id)
        .join(MiniAppVersion, is_live())
        .where(Webhook.state == HookState.LIVE, due)
        .distinct()
        .order_by(Webhook.id)
    )
    if full:
        query = query.where(Webhook.miniapp_id.not_in(full))
    return list(session.execute(query))


def oldest_due() -> Select[Any]:
    """When the oldest was due of those that are told: what waits for an app that is suspended or a
    webhook that is paused is not late."""
    of_hook = (
        select(func.min(Delivery.due_at))
        .where(Delivery.webhook_id == Webhook.id, Delivery.due_at.is_not(None))
        .scalar_subquery()
    )
    return (
        select(func.min(of_hook))
        .select_from(Webhook)
        .join(MiniApp, MiniApp.id == Webhook.miniapp_id)
        .join(MiniAppVersion, is_live())
        .where(Webhook.state == HookState.LIVE)
    )


def _lock_due(session: Session, hook_ids: Sequence[int], each: int) -> list[Delivery]:
    """The first ``each`` due of each, as far as nobody else has them."""
    now = clock.now()
    parts = [
        select(Delivery.id)
        .where(Delivery.webhook_id == hook_id, Delivery.due_at <= now)
        .order_by(Delivery.due_at)
        .limit(each)
        .subquery()
        for hook_id in hook_ids
    ]
    ids = session.scalars(union_all(*(select(part.c.id) for part in parts))).all()
    return list(
        session.scalars(
            select(Delivery)
            .where(is_one_of(session, Delivery.id, ids), Delivery.due_at <= now)
            .order_by(Delivery.due_at, Delivery.id)
            .with_for_update(skip_locked=True)
        )
    )


def _claim(
    session: Session, chosen: Sequence[Delivery], hooks: dict[int, Any]
) -> tuple[list[Told], list[Delivery]]:
    """Each with what it says now: what an app may not see any more, it is not told."""
    if not chosen:
        return [], []
    ids = [delivery.id for delivery in chosen]
    session.execute(
        update(Delivery)
        .where(is_one_of(session, Delivery.id, ids))
        .values(attempts=Delivery.attempts + 1, due_at=clock.now() + CLAIMED_FOR)
        .execution_options(synchronize_session=False)
    )
    apps = {hooks[delivery.webhook_id].miniapp_id for delivery in chosen}
    keys = callbacks.secrets_of_apps(session, apps, current_app.config["SECRET_KEY"])
    events = kept.at(session, {delivery.position for delivery in chosen})
    seers, scene = sight.find_seers(session, apps), sight.look_at(session, list(events.values()))
    source = current_app.extensions["zzd.settings"].public_url
    claimed, unseen = [], []
    for delivery in chosen:
        hook, event = hooks[delivery.webhook_id], events.get(delivery.position)
        seen = sight.show(event, seers.get(hook.miniapp_id, ()), scene) if event else None
        if event is None or seen is None or hook.miniapp_id not in keys:
            unseen.append(delivery)
            continue
        said = envelope(
            event,
            source=source,
            position=delivery.position,
            installation_id=seen.installation_id,
        )
        claimed.append(
            Told(
                id=delivery.id,
                webhook_id=hook.id,
                miniapp_id=hook.miniapp_id,
                attempt=delivery.attempts + 1,
                url=hook.url,
                event_id=delivery.event_id,
                body=as_body({**said, "data": seen.data}),
                secrets=keys[hook.miniapp_id],
            )
        )
    return claimed, unseen
