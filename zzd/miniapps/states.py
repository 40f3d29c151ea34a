"""What a version of an app may become, and by whom. Pure.

    draft ── submit ──► in_review ── approve ──► approved ── roll out ──► rolling_out
                            └─────── reject ───► rejected │                    │ publish
                                                          └── publish ───► published
                                                                               │ (another one)
                                                          roll back ───► superseded

A version that asks for nothing new may be approved as it is submitted. A changed manifest is a new
version, so nothing leads back but a roll-back: it publishes a superseded version again. Suspension
is the app's: it hides whatever version people see, and a publication ends it. So is retirement,
which nothing ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from zzd.errors import Conflict


class State(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    ROLLING_OUT = "rolling_out"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


# What people may see, everybody or some.
LIVE = (State.PUBLISHED, State.ROLLING_OUT)
# Shown in the place of a version's state while the app is suspended, and once it is retired.
SUSPENDED, RETIRED = "suspended", "retired"


class Move(StrEnum):
    CHANGE = "change"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    ROLL_OUT = "roll_out"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    ROLL_BACK = "roll_back"
    SUSPEND = "suspend"
    RETIRE = "retire"


MOVES: dict[Move, dict[State, State]] = {
    # From which states of the newest version a newer one may be written: it begins as a draft.
    Move.CHANGE: dict.fromkeys(
        (
            State.DRAFT,
            State.REJECTED,
            State.APPROVED,
            State.ROLLING_OUT,
            State.PUBLISHED,
            State.SUPERSEDED,
        ),
        State.DRAFT,
    ),
    Move.SUBMIT: {State.DRAFT: State.IN_REVIEW},
    Move.APPROVE: {State.IN_REVIEW: State.APPROVED},
    Move.REJECT: {State.IN_REVIEW: State.REJECTED},
    # To more of them, too.
    Move.ROLL_OUT: dict.fromkeys((State.APPROVED, State.ROLLING_OUT), State.ROLLING_OUT),
    Move.PUBLISH: dict.fromkeys((State.APPROVED, State.ROLLING_OUT), State.PUBLISHED),
    # A rollout that goes no further: it may begin again.
    Move.WITHDRAW: {State.ROLLING_OUT: State.APPROVED},
    Move.ROLL_BACK: {State.SUPERSEDED: State.PUBLISHED},
}

_INSTEAD = {
    State.DRAFT: "It is a draft: submit it for review first",
    State.IN_REVIEW: "It is being reviewed: wait for the decision",
    State.APPROVED: "It was approved: publish it, or change the manifest",
    State.REJECTED: "It was rejected: change the manifest, which makes a draft, and submit that",
    State.ROLLING_OUT: "It is rolling out: publish it to everybody, or withdraw it",
    State.PUBLISHED: "It is published: change the manifest, which makes a draft, and go on from there",
    State.SUPERSEDED: "A newer version took its place; roll back to it, or change the manifest",
}


class MoveNotPossible(Conflict):
    code, title = "move_not_possible", "The app is not in a state that allows this"


def after(move: Move, state: State) -> State:
    """The state that ``move`` leads to. Raises MoveNotPossible, saying what to do instead."""
    following = MOVES[move].get(state)
    if following is None:
        raise MoveNotPossible(_INSTEAD[state], state=str(state))
    return following


def check_suspension(*, live: bool, suspended: bool) -> None:
    """Only what people see can be taken from them. Raises MoveNotPossible."""
    if suspended:
        raise MoveNotPossible("It is suspended already", state=SUSPENDED)
    if not live:
        raise MoveNotPossible("It is not published, so nobody sees it: there is nothing to suspend")


def check_not_retired(*, retired: bool) -> None:
    """Raises MoveNotPossible."""
    if retired:
        raise MoveNotPossible("It was retired, which is for good: register another", state=RETIRED)


def shown(state: State, *, suspended: bool, retired: bool) -> str:
    """The one word for an app: its newest version's state, unless it is suspended or retired."""
    if retired:
        return RETIRED
    return SUSPENDED if suspended else str(state)


# Longer than any event is kept to be told.
SILENCES_KEPT = timedelta(days=40)


def after_silence(silences: Iterable[list[str]], since: datetime, until: datetime) -> list[Any]:
    """An app's silences with one that ends now; those that no event is kept from are forgotten."""
    recent = [each for each in silences if datetime.fromisoformat(each[1]) > until - SILENCES_KEPT]
    return [*recent, [since.isoformat(), until.isoformat()]]


def is_silenced(at: datetime, silences: Iterable[list[str]]) -> bool:
    """Whether something happened while the app was suspended."""
    return any(
        datetime.fromisoformat(since) <= at < datetime.fromisoformat(until)
        for since, until in silences
    )
