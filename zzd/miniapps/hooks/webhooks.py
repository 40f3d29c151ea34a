"""Webhooks: named by an app's developer, verified by a challenge, paused, changed and removed."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import uuid4

import orjson
from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint
from zzd.errors import Invalid, NotFound
from zzd.miniapps import callbacks
from zzd.miniapps.hooks.models import Webhook
from zzd.miniapps.hooks.problems import ChallengeFailed, TooManyWebhooks
from zzd.miniapps.hooks.rules import MOST_WEBHOOKS, HookState, is_accepted
from zzd.miniapps.policy import Held
from zzd.outgoing import AddressRefused, OutgoingError, client_here
from zzd.outgoing.addresses import parse
from zzd.outgoing.signing import sign
from zzd.principal import Principal
from zzd.realtime import kept

# Those whose events are kept; what they missed while they were not live comes afterwards.
WANTING = (HookState.LIVE, HookState.PAUSED, HookState.DISABLED)
CHALLENGE = "webhook.challenge"


class Made(NamedTuple):
    webhook: Webhook
    # Shown this once, if the app had none before.
    secret: str | None
    fresh: bool


def add_webhook(
    session: Session,
    held: Held,
    *,
    by: Principal,
    url: str,
    types: Sequence[str],
    filter_: dict[str, Any] | None,
    client_id: str | None,
) -> Made:
    """A webhook of an app whose row the caller has locked: it hears nothing before it is verified.

    Raises Invalid, TooManyWebhooks, IdempotencyConflict.
    """
    client_id = client_id or uuid4().hex
    body = fingerprint([held.app.id, url, list(types), filter_])
    repeated = find_repeat(
        session, Webhook, sender_id=by.account_id, client_id=client_id, body_fingerprint=body
    )
    if repeated is not None:
        return Made(repeated, None, False)
    _check(held, url, types)
    count = select(func.count()).where(
        Webhook.miniapp_id == held.app.id, Webhook.state != HookState.REMOVED
    )
    if (session.scalar(count) or 0) >= MOST_WEBHOOKS:
        raise TooManyWebhooks
    webhook = Webhook(
        miniapp_id=held.app.id,
        url=url,
        types=list(types),
        filter=filter_,
        state=HookState.UNVERIFIED,
        position=0,
        created_at=clock.now(),
        sender_id=by.account_id,
        client_id=client_id,
        fingerprint=body,
    )
    session.add(webhook)
    session.flush()
    key = current_app.config["SECRET_KEY"]
    secret = None
    if not callbacks.secrets_of(session, held.app.id, key):
        secret = callbacks.make_secret(session, held, by=by, key=key)["secret"]
    _record(session, "webhook.add", by, webhook, url=url)
    return Made(webhook, secret, True)


def change_webhook(
    session: Session, held: Held, webhook_id: int, *, by: Principal, changes: dict[str, Any]
) -> Webhook:
    """``url``, ``types``, ``filter`` and ``paused``. Another address is to be verified again.

    Raises NotFound, Invalid.
    """
    webhook = access_webhook(session, held, webhook_id, lock=True)
    url, types = changes.get("url", webhook.url), changes.get("types", webhook.types)
    _check(held, url, types)
    if url != webhook.url:
        webhook.url, webhook.state = url, HookState.UNVERIFIED
    webhook.types, webhook.filter = list(types), changes.get("filter", webhook.filter)
    if "paused" in changes:
        before, after = HookState.LIVE, HookState.PAUSED
        if not changes["paused"]:
            before, after = after, before
        if webhook.state == before:
            webhook.state = after
    _record(session, "webhook.change", by, webhook, **{k: v for k, v in changes.items() if v})
    kept.wanted_changed(session)
    return webhook


def remove_webhook(session: Session, held: Held, webhook_id: int, *, by: Principal) -> None:
    """It hears nothing from now on, and what waits for it is never delivered. Raises NotFound."""
    webhook = access_webhook(session, held, webhook_id, lock=True)
    webhook.state = HookState.REMOVED
    _record(session, "webhook.remove", by, webhook, url=webhook.url)
    kept.wanted_changed(session)


def access_webhook(session: Session, held: Held, webhook_id: int, *, lock: bool = False) -> Webhook:
    """One of an app that the caller was let into. Raises NotFound."""
    found = session.get(Webhook, webhook_id, with_for_update=lock or None)
    if found is None or found.miniapp_id != held.app.id or found.state == HookState.REMOVED:
        raise NotFound
    return found


def list_webhooks(session: Session, held: Held) -> Sequence[Webhook]:
    query = select(Webhook).where(
        Webhook.miniapp_id == held.app.id, Webhook.state != HookState.REMOVED
    )
    return session.scalars(query.order_by(Webhook.id)).all()


def describe(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "types": webhook.types,
        "filter": webhook.filter,
        "state": webhook.state,
        "reason": webhook.reason,
        "created_at": webhook.created_at,
        "verified_at": webhook.verified_at,
    }


class Challenge(NamedTuple):
    """What an address is asked before it is told anything: to say the same word."""

    url: str
    word: str
    body: bytes
    headers: dict[str, str]


def challenge(session: Session, webhook: Webhook) -> Challenge:
    """Signed as every request to it is."""
    word, now = secrets.token_urlsafe(24), clock.now()
    body = orjson.dumps(
        {
            "specversion": "1.0",
            "id": f"challenge-{uuid4().hex}",
            "source": current_app.extensions["zzd.settings"].public_url,
            "type": CHALLENGE,
            "time": now.isoformat(),
            "datacontenttype": "application/json",
            "data": {"challenge": word},
        }
    )
    keys = callbacks.secrets_of(session, webhook.miniapp_id, current_app.config["SECRET_KEY"])
    headers = sign(keys, f"challenge-{uuid4().hex}", now, body)
    return Challenge(webhook.url, word, body, headers)


def put_challenge(challenge: Challenge) -> None:
    """Ask the address, outside of any transaction. Raises ChallengeFailed, saying what was wrong."""
    try:
        answer = client_here().post(challenge.url, challenge.body, challenge.headers)
    except AddressRefused as error:
        raise ChallengeFailed(f"Nothing is sent to this address: {error}") from error
    except OutgoingError as error:
        raise ChallengeFailed(f"No answer: {error}") from error
    if not is_accepted(answer.status):
        raise ChallengeFailed(f"It answered {answer.status} instead of 200")
    if not hmac.compare_digest(_said(answer.body), challenge.word.encode()):
        raise ChallengeFailed(
            'It answered something else than {"challenge": "…"} with the word of data.challenge'
        )


def _said(body: bytes) -> bytes:
    """The word alone, or in JSON."""
    try:
        found = orjson.loads(body)
    except ValueError:
        return body.strip()
    word = found.get("challenge") if isinstance(found, dict) else found
    return word.encode() if isinstance(word, str) else b""


def make_live(session: Session, held: Held, webhook_id: int, url: str, *, by: Principal) -> Webhook:
    """The address answered: from now on it hears of events, and, if it heard of some before, also
    of those that came meanwhile. Raises NotFound, ChallengeFailed."""
    webhook = access_webhook(session, held, webhook_id, lock=True)
    if webhook.url != url:
        raise ChallengeFailed("Its address was changed meanwhile")
    if webhook.verified_at is None:
        webhook.position = kept.last_position(session)
    webhook.state, webhook.reason, webhook.verified_at = HookState.LIVE, None, clock.now()
    _record(session, "webhook.verify", by, webhook, url=url)
    kept.wanted_changed(session)
    return webhook


def wanted_types(session: Session) -> set[str]:
    """Of which kinds events are kept for webhooks."""
    lists = session.scalars(
        select(Webhook.types).where(Webhook.state.in_(WANTING), Webhook.verified_at.is_not(None))
    )
    return {type_ for types in lists for type_ in types}


def _check(held: Held, url: str, types: Sequence[str]) -> None:
    try:
        parse(url)
    except AddressRefused as error:
        raise Invalid.at("/url", f"Cannot be called: {error}") from error
    named = held.version.manifest.get("events", [])
    for index, type_ in enumerate(types):
        if type_ not in named:
            raise Invalid.at(
                f"/types/{index}", f"The manifest's events do not name {type_}: add it there first"
            )


def _record(session: Session, action: str, by: Principal, webhook: Webhook, **detail: Any) -> None:
    audit.append(
        session,
        action,
        by=by,
        object_kind="miniapp",
        object_id=webhook.miniapp_id,
        webhook_id=webhook.id,
        **detail,
    )
