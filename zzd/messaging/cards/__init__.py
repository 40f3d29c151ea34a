"""Cards: messages of mini-apps with fields and buttons, replaced where they stand.

What a card shows is its message's content; ``models.Card`` says whose it is. docs/cards.md has
the shapes, the rights, and what an app is told when somebody presses a button.
"""

from __future__ import annotations

from flask import Flask

from zzd.api import Api
from zzd.messaging.cards import cards, delivery, routes
from zzd.messaging.kinds import register_kind
from zzd.realtime import add_timer

EVERY = 0.5
# Requests under way at once, in each process: an app that hangs holds up MOST_AT_ONCE of them.
AT_ONCE = 4


def register(app: Flask, api: Api) -> None:
    register_kind(cards.KIND)
    api.register_blueprint(routes.blueprint)
    for _ in range(AT_ONCE):
        add_timer(app, EVERY, delivery.deliver_due)
