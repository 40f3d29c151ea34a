"""Search: an index beside the messages, followed in the background, asked with one's rights.

``words`` says what a text is found by, ``following`` keeps the index, ``finding`` asks it.
Other kinds of messages say in ``kinds.Kind.words`` by what they are found.
"""

from __future__ import annotations

from flask import Flask

from zzd.api import Api
from zzd.messaging.search import commands, routes
from zzd.messaging.search.following import FOLLOW_EVERY, follow
from zzd.messaging.search.words import load_dictionary
from zzd.realtime import add_timer, before_serving


def register(app: Flask, api: Api) -> None:
    """Add the routes, the commands and the timer, and load the dictionary early."""
    api.register_blueprint(routes.blueprint)
    app.extensions.setdefault("zzd.commands", []).append(commands.search)
    add_timer(app, FOLLOW_EVERY, follow)
    # While it loads, for a quarter of a second, the process does nothing else.
    before_serving(app, load_dictionary)
