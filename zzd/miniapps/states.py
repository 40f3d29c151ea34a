"""What a version of an app may become, and by whom. Pure.

    draft ── submit ──► in_review ── approve ──► approved ── publish ──► published
                            └─────── reject ───► rejected                    │ (a newer one)
                                                                             ▼
                                                                        superseded

A changed manifest is a new version, so nothing leads back. Suspension is the app's: it hides
whatever version is published, and a publication ends it.
"""

from __future__ import annotations

from enum import StrEnum

from zzd.errors import Conflict


class State(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


# Shown in the place of a version's state while the app is suspended.
SUSPENDED = "suspended"


class Move(StrEnum):
    CHANGE = "change"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    PUBLISH = "publish"
    SUSPEND = "suspend"


MOVES: dict[Move, dict[State, State]] = {
    # From which states of the newest version a newer one may be written: it begins as a draft.
    Move.CHANGE: dict.fromkeys(
        (State.DRAFT, State.REJECTED, State.APPROVED, State.PUBLISHED), State.DRAFT
    ),
    Move.SUBMIT: {State.DRAFT: State.IN_REVIEW},
    Move.APPROVE: {State.IN_REVIEW: State.APPROVED},
    Move.REJECT: {State.IN_REVIEW: State.REJECTED},
    Move.PUBLISH: {State.APPROVED: State.PUBLISHED},
}

_INSTEAD = {
    State.DRAFT: "It is a draft: submit it for review first",
    State.IN_REVIEW: "It is being reviewed: wait for the decision",
    State.APPROVED: "It was approved: publish it, or change the manifest",
    State.REJECTED: "It was rejected: change the manifest, which makes a draft, and submit that",
    State.PUBLISHED: "It is published: change the manifest, which makes a draft, and go on from there",
    State.SUPERSEDED: "A newer version took its place",
}


class MoveNotPossible(Conflict):
    code, title = "move_not_possible", "The app is not in a state that allows this"


def after(move: Move, state: State) -> State:
    """The state that ``move`` leads to. Raises MoveNotPossible, saying what to do instead."""
    following = MOVES[move].get(state)
    if following is None:
        raise MoveNotPossible(_INSTEAD[state], state=str(state))
    return following


def check_suspension(*, published: bool, suspended: bool) -> None:
    """Only what people see can be taken from them. Raises MoveNotPossible."""
    if suspended:
        raise MoveNotPossible("It is suspended already", state=SUSPENDED)
    if not published:
        raise MoveNotPossible("It is not published, so nobody sees it: there is nothing to suspend")


def shown(state: State, *, suspended: bool) -> str:
    """The one word for an app: its newest version's state, unless it is suspended."""
    return SUSPENDED if suspended else str(state)
