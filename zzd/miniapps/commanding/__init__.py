"""Commands: what people ask of apps by name where they write, and what the apps answer there.

An app's manifest names its commands. Whoever writes in a conversation that the app may know of is offered
them; asking one is the event ``command.invoked`` to the app, which answers with words for whoever asked
alone, or with a message or a card for everybody. docs/apps/commands.md is what developers read.
"""

from __future__ import annotations

from flask import Flask

from zzd.api import Api
from zzd.miniapps.commanding import answering, offering, routes
from zzd.realtime import add_timer

EXPIRE_EVERY = 2.0
FORGET_EVERY = 600.0


def register(app: Flask, api: Api) -> None:
    offering.register(app)
    api.register_blueprint(routes.blueprint)
    add_timer(app, EXPIRE_EVERY, answering.give_up_due)
    add_timer(app, FORGET_EVERY, answering.forget_old)
