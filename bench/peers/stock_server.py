"""Flask-SocketIO as it is, under gunicorn's gevent worker with gevent-websocket."""

from gevent import monkey

monkey.patch_all()

import itertools  # noqa: E402
import os  # noqa: E402

from flask import Flask, request  # noqa: E402
from flask_socketio import SocketIO, join_room  # noqa: E402
from messages import filled  # noqa: E402

ROOMS = int(os.environ["BENCH_ROOMS"])
app = Flask(__name__)
socketio = SocketIO(app, async_mode="gevent", cors_allowed_origins=[])
joined = itertools.count()


@socketio.on("connect")
def connect(_auth=None):
    join_room("all")
    join_room(f"room {next(joined) % ROOMS}")


@app.post("/bench/emit")
def emit():
    room = request.args["room"]
    name = "all" if room == "-1" else f"room {room}"
    socketio.emit("message.created", filled(), to=name)
    return "ok"


@app.get("/")
def ready():
    return "ok"
