"""Files in messages: uploaded in pieces, stored once, had by whoever may see the message.

Others use ``forget_message_files`` when messages are deleted, and ``kinds.keep_content`` when they
copy a message: what it carries follows it. What carries files without being a message, such as a
directive, registers with ``carriers``.
"""

from __future__ import annotations

from flask import Flask

from zzd.api import Api
from zzd.messaging.files import commands, routes_apps, routes_files, routes_uploads, storage
from zzd.messaging.files.carrying import FILE, LOCATION, forget_message_files
from zzd.messaging.files.collection import collect_blobs, purge_expired, sweep_orphans
from zzd.messaging.kinds import register_kind
from zzd.realtime import add_timer
from zzd.settings import Settings

__all__ = ["forget_message_files", "register"]

# Seconds.
PURGE_EVERY = 60.0
COLLECT_EVERY = 600.0
SWEEP_EVERY = 6 * 3600.0


def register(app: Flask, api: Api, settings: Settings) -> None:
    """Add the routes, the kinds of messages, the store, the timers and the command."""
    storage.register(app, settings)
    api.register_blueprint(routes_uploads.blueprint)
    api.register_blueprint(routes_files.blueprint)
    api.register_blueprint(routes_apps.blueprint)
    for kind in (FILE, LOCATION):
        register_kind(kind)
    add_timer(app, PURGE_EVERY, purge_expired)
    add_timer(app, COLLECT_EVERY, collect_blobs)
    add_timer(app, SWEEP_EVERY, sweep_orphans)
    app.extensions.setdefault("zzd.commands", []).append(commands.files)
