"""Launches under way, and who is visiting."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from dataclasses import asdict
from typing import Any, NamedTuple

from apps.typhoon_zone.database import Database
from apps.typhoon_zone.platform import Unit, Visitor

VISIT_LIFETIME = 1800


class Visit(NamedTuple):
    """A visitor, the token with which ZZD is asked for them, and until when (epoch seconds)."""

    visitor: Visitor
    access_token: str
    expires: float


class Visits:
    def __init__(self, database: Database) -> None:
        self.database = database

    def put(self, state: str, verifier: str, until: float) -> None:
        """Keep a verifier until the page comes back with a code for this state: what the SDK asks
        of a store that several processes share."""
        with self.database.connect() as db:
            db.execute("DELETE FROM launch WHERE expires < ?", (time.time(),))
            db.execute("INSERT INTO launch VALUES (?, ?, ?)", (state, verifier, until))

    def take(self, state: str, now: float) -> str | None:
        """The verifier kept for a state, once."""
        with self.database.connect() as db:
            found = db.execute(
                "DELETE FROM launch WHERE state = ? AND expires > ? RETURNING verifier",
                (state, now),
            ).fetchone()
        return found["verifier"] if found else None

    def start_visit(self, visitor: Visitor, access_token: str) -> tuple[str, int]:
        """A token of our own for the page, and for how many seconds it is good."""
        token = secrets.token_urlsafe(32)
        seconds = min(VISIT_LIFETIME, visitor.expires_in)
        with self.database.connect() as db:
            db.execute("DELETE FROM visit WHERE expires < ?", (time.time(),))
            db.execute(
                "INSERT INTO visit VALUES (?, ?, ?, ?)",
                (
                    _digest(token),
                    json.dumps(asdict(visitor)),
                    access_token,
                    time.time() + seconds,
                ),
            )
        return token, seconds

    def find_visit(self, token: str) -> Visit | None:
        with self.database.connect() as db:
            found = db.execute(
                "SELECT visitor, access_token, expires FROM visit WHERE digest = ? AND expires > ?",
                (_digest(token), time.time()),
            ).fetchone()
        if found is None:
            return None
        return Visit(
            _visitor(json.loads(found["visitor"])), found["access_token"], found["expires"]
        )


def _visitor(kept: dict[str, Any]) -> Visitor:
    unit, scope = Unit(**kept.pop("unit")), Unit(**kept.pop("scope"))
    writable = tuple(Unit(**one) for one in kept.pop("writable"))
    return Visitor(unit=unit, scope=scope, writable=writable, **kept)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
