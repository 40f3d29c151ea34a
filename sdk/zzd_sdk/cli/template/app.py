"""A mini-app: it says who opened it, and notes the events that it hears."""

from __future__ import annotations

import json
import os
from collections import deque
from pathlib import Path
from typing import Any

from flask import Flask, Response
from zzd_sdk import Client, Event, Identity, Launches, Webhooks
from zzd_sdk.flask import zzd_blueprint

HERE = Path(__file__).parent
PORT = 9001
SERVER = os.environ.get("ZZD_SERVER", "http://127.0.0.1:8000")
# Where officials open the client; `zzd-app dev` adds its own.
ORIGINS = os.environ.get("ZZD_CLIENT_ORIGINS", SERVER).split()
app = Flask(__name__)
heard: deque[str] = deque(maxlen=20)


def welcome(identity: Identity) -> dict[str, Any]:
    """What the page gets to know. The access token stays here."""
    user = identity.user
    return {"name": user["name"], "unit": user["unit"]["name"], "heard": list(heard)}


def note(event: Event) -> None:
    heard.append(f"{event.type} {event.subject}")


launches = Launches(
    Client(SERVER),
    client_id=os.environ.get("ZZD_CLIENT_ID", ""),
    client_secret=os.environ.get("ZZD_CLIENT_SECRET", ""),
    redirect_uri=f"http://127.0.0.1:{PORT}/callback",
)
secrets = os.environ.get("ZZD_WEBHOOK_SECRET", "").split()
webhooks = Webhooks(secrets) if secrets else None
app.register_blueprint(zzd_blueprint(launches, webhooks, on_visit=welcome, on_event=note))


@app.get("/")
def page() -> Response:
    """The page, which the client alone may frame and which speaks with nobody else."""
    text = (HERE / "page.html").read_text(encoding="utf-8")
    text = text.replace("@SERVER@", SERVER).replace("@ORIGINS@", json.dumps(ORIGINS))
    answer = Response(text, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = f"frame-ancestors {' '.join(ORIGINS)}"
    return answer


if __name__ == "__main__":
    app.run("127.0.0.1", PORT)
