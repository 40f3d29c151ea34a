"""What cards have to know of the apps that send them. Mini-apps are above messaging: they say it
through here, at the start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import Flask, current_app
from sqlalchemy.orm import Session

from zzd.principal import Principal

SENDERS = "zzd.card_senders"


@dataclass(frozen=True, slots=True)
class Callback:
    """Where an app hears of its buttons, and the secrets that are good now, the newest first.

    ``hears`` are the beginnings, up to a colon, of the actions that it hears; None is all.
    """

    url: str
    secrets: tuple[str, ...] = field(repr=False)
    hears: frozenset[str] | None = None


class Senders(Protocol):
    def callback_of(self, session: Session, app_id: int) -> Callback | None:
        """None as long as the app hears nothing: suspended, or with no address or secret."""

    def describe_presser(
        self, session: Session, app_id: int, principal: Principal
    ) -> dict[str, Any]:
        """What the app may know of an official who pressed a button, as plain JSON."""


def register_senders(app: Flask, senders: Senders) -> None:
    app.extensions[SENDERS] = senders


def senders_here() -> Senders:
    found: Senders = current_app.extensions[SENDERS]
    return found
