"""Sending a DING and cancelling it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import find_repeat, fingerprint, lock_name
from zzd.errors import Invalid, NotPermitted, TooManyRequests, deny
from zzd.messaging import policy as messaging
from zzd.messaging.dings import events, policy, rules, views
from zzd.messaging.dings.channels import channels_here
from zzd.messaging.dings.models import Ding, DingPerson, DingStep
from zzd.messaging.dings.problems import DingComplete
from zzd.messaging.messages import find_message
from zzd.messaging.people import check_active
from zzd.orgtree import audiences
from zzd.orgtree.audiences import Audience
from zzd.orgtree.in_use import put_in_use
from zzd.orgtree.models import Official, Post, Unit
from zzd.orgtree.policy import may_see_phone
from zzd.orgtree.reach import as_audience
from zzd.principal import Principal, Reach


def send_ding(session: Session, by: Principal, body: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Send one; returns it and whether it is a fresh one. ``body`` is what DingRequestSchema
    lets in.

    A fixed number of statements, whatever the size of the audience: nobody is counted here.
    Raises Invalid, NotFound (the message), NotPermitted, TooManyRequests, IdempotencyConflict.
    """
    client_id = body.pop("client_id") or uuid.uuid4().hex
    body_fingerprint = fingerprint(body)
    found = find_repeat(
        session,
        Ding,
        sender_id=by.official_id or 0,
        client_id=client_id,
        body_fingerprint=body_fingerprint,
    )
    if found is not None:
        return views.describe_for(by, found, None), False
    chosen = _channels(by, body["channels"])
    audience = _audience(session, by, body["audience"])
    named = _named(session, by, body["official_ids"], by_telephone=len(chosen) > 1)
    if (message := body["message"]) is not None:
        messaging.check_may_quote(by, message["conversation_id"])
        place = messaging.access_conversation(
            session, by, message["conversation_id"], action="ding.send"
        )
        find_message(session, place, message["seq"])
    now = clock.now()
    _keep_within_limits(session, by, now, by_telephone=len(chosen) > 1)
    repeat = body["repeat"] or {"every_minutes": None, "times": 0}
    ding = Ding(
        sender_id=by.official_id,
        client_id=client_id,
        fingerprint=body_fingerprint,
        sender_name=by.official_name,
        sender_title=by.post.title if by.post else "",
        sender_unit=by.post.unit_name if by.post else "",
        text=body["text"],
        conversation_id=message and message["conversation_id"],
        message_seq=message and message["seq"],
        audience_id=put_in_use(session, audience) if audience else None,
        audience=_as_shown(audience),
        officials=len(named),
        channels=chosen,
        **repeat,
        step=0,
        next_at=rules.next_repeat(created_at=now, now=now, step=0, **repeat),
        created_at=now,
        progress_due_at=now,
    )
    session.add(ding)
    session.flush()
    if named:
        session.execute(
            insert(DingPerson),
            [{"ding_id": ding.id, "official_id": official_id} for official_id in sorted(named)],
        )
    spread_at = now if len(chosen) > 1 else None
    session.add(DingStep(ding_id=ding.id, step=0, due_at=now, fired_at=now, spread_at=spread_at))
    shown = views.describe_ding(ding)
    events.ding_created(session, ding, shown, events.rooms_of(session, ding))
    return views.describe_for(by, ding, None), True


def _channels(by: Principal, wanted: list[str]) -> list[str]:
    """In one order, in the application always among them."""
    here = channels_here()
    for index, channel in enumerate(wanted):
        if channel != rules.IN_APP and channel not in here:
            raise Invalid.at(f"/channels/{index}", "This channel is not set up on this server")
    chosen = [each for each in rules.CHANNELS if each in wanted or each == rules.IN_APP]
    if len(chosen) > 1 and not policy.may_use_telephones(by):
        raise deny(
            NotPermitted("Messages and calls to telephones need a leading post or a grant"),
            "ding.send",
            "channel",
            ",".join(chosen),
        )
    return chosen


def _audience(session: Session, by: Principal, described: dict[str, Any] | None) -> Audience | None:
    if described is None:
        return None
    audience = audiences.resolve(session, **described, pointer="/audience")
    if not policy.may_address(by, audience):
        raise deny(
            NotPermitted("Neither your post nor a grant of yours covers this audience"),
            "ding.send",
            "unit",
            audience.unit_id,
        )
    return audience


def _check_within(session: Session, reach: Reach, official_ids: list[int]) -> None:
    """An app names those whom it may know of. Raises Invalid."""
    inside = select(Official.id).where(
        Official.id.in_(official_ids), audiences.holds_post(as_audience(reach), Official.id)
    )
    known = set(session.scalars(inside))
    for index, official_id in enumerate(official_ids):
        if official_id not in known:
            raise Invalid.at(f"/official_ids/{index}", "There is no such official in office")


def _as_shown(audience: Audience | None) -> dict[str, Any] | None:
    return audience.as_dict() if audience else None


def _named(
    session: Session, by: Principal, official_ids: list[int], *, by_telephone: bool
) -> Collection[int]:
    """Everybody in office may be named, as everybody sees the address book; by telephone only
    those whose number the sender sees."""
    if not official_ids:
        return ()
    if by.official_id in official_ids:
        index = official_ids.index(by.official_id)
        raise Invalid.at(f"/official_ids/{index}", "A DING is for somebody else")
    if by.reach is not None:
        _check_within(session, by.reach, official_ids)
    people = check_active(session, official_ids)
    if by_telephone:
        held = select(Post.official_id, Unit.path).join(Unit, Unit.id == Post.unit_id)
        paths: dict[int, list[str]] = {official_id: [] for official_id in people}
        for official_id, path in session.execute(
            held.where(Post.official_id.in_(people), Post.ended_at.is_(None))
        ):
            paths[official_id].append(path)
        for index, official_id in enumerate(official_ids):
            if not may_see_phone(by, official_id, paths[official_id]):
                raise Invalid.at(
                    f"/official_ids/{index}", "You do not see this official's telephone number"
                )
    return people


def _keep_within_limits(
    session: Session, by: Principal, now: datetime, *, by_telephone: bool
) -> None:
    """So many an hour from one sender, and fewer that ring telephones. Raises TooManyRequests."""
    lock_name(session, f"dings of {by.official_id}")
    query = (
        select(Ding.created_at, Ding.channels)
        .where(Ding.sender_id == by.official_id, Ding.created_at > now - rules.WINDOW)
        .order_by(Ding.created_at.desc())
    )
    sent = session.execute(query).all()
    ringing = [at for at, channels in sent if len(channels) > 1]
    waits = [rules.retry_after([at for at, _ in sent], rules.PER_HOUR["in_app"], now)]
    if by_telephone:
        waits.append(rules.retry_after(ringing, rules.PER_HOUR["phone"], now))
    if seconds := max(wait or 0 for wait in waits):
        raise TooManyRequests(
            "So many DINGs an hour are enough", headers={"Retry-After": str(seconds)}
        )


def cancel_ding(session: Session, by: Principal, ding_id: int) -> dict[str, Any]:
    """Ask nobody any more; a repeat changes nothing.

    Whoever confirms after this is kept and marked late. Raises NotFound, NotPermitted,
    DingComplete.
    """
    policy.access_as_sender(session, by, ding_id, "ding.cancel")
    ding = session.scalars(
        select(Ding)
        .where(Ding.id == ding_id)
        # Receipts go on being written meanwhile: they refer to the row and do not change it.
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if ding.cancelled_at is None:
        if ding.completed_at is not None:
            raise DingComplete
        ding.cancelled_at, ding.next_at = clock.now(), None
        session.execute(
            update(DingStep)
            .where(DingStep.ding_id == ding_id, DingStep.spread_at.is_not(None))
            .values(spread_at=None)
        )
        mark_progress(session, [ding_id])
        events.ding_cancelled(session, ding)
        session.flush()
    return views.describe_for(by, ding, None)


def mark_progress(session: Session, ids: Collection[int]) -> None:
    """Have the senders told before long. The mark is set once for many answers, so that they
    do not wait for each other's change of one row."""
    session.execute(
        update(Ding)
        .where(Ding.id.in_(ids), Ding.progress_due_at.is_(None))
        .values(progress_due_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def options_for(by: Principal) -> dict[str, Any]:
    """What a client offers this caller at all."""
    phone = list(channels_here()) if policy.may_use_telephones(by) else []
    own = by.post if policy.may_address_own_unit(by) else None
    return {
        "channels": [rules.IN_APP, *phone],
        "own_unit": own and {"id": own.unit_id, "name": own.unit_name},
        "by_grant": policy.has_grant(by),
        "most_officials": rules.MOST_OFFICIALS,
        "every_minutes": {"least": rules.LEAST_MINUTES, "most": rules.MOST_MINUTES},
        "most_times": rules.MOST_TIMES,
        "longest_text": rules.LONGEST_TEXT,
        "per_hour": rules.PER_HOUR,
    }
