"""Is the process alive, and can it do its work."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, current_app, jsonify
from sqlalchemy import text

from zzd import migrate
from zzd.api import Caller, allow
from zzd.db import reading

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@allow(Caller.ANYONE)
def alive() -> Any:
    return jsonify(status="ok")


@blueprint.get("/readyz")
@allow(Caller.ANYONE)
def ready() -> Any:
    """200 when every part answers, else 503; the parts are named either way."""
    checks = {"database": _database(), "migrations": False, "fanout": False}
    if checks["database"]:
        checks["migrations"] = _migrations()
    checks["fanout"] = current_app.extensions["zzd.fanout"].healthy()
    good = all(checks.values())
    parts = {name: "ok" if check else "failing" for name, check in checks.items()}
    return jsonify(status="ok" if good else "failing", checks=parts), 200 if good else 503


def _database() -> bool:
    try:
        with reading() as session:
            session.execute(text("SELECT 1"))
    except Exception:
        return False
    return True


def _migrations() -> bool:
    with reading() as session:
        return migrate.is_current(session.connection())


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
