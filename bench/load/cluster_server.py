"""One process of bench/cluster.py: ZZD's sockets and fan-out, and nothing that needs a database.

Whoever presents the token "d-17" is let into room 17 of the set "d", counted modulo its rooms.
POST /bench/emit?room=d:17&times=5 publishes events to a room as a committed request does. GET /bench/cpu
tells the CPU seconds that the process has taken, /bench/heard the events that it has read.
"""

from gevent import monkey

monkey.patch_all()

import gc  # noqa: E402
import time  # noqa: E402
import uuid  # noqa: E402
from urllib.parse import parse_qs  # noqa: E402

from flask import Flask  # noqa: E402

from zzd import clock, db, logs, realtime  # noqa: E402
from zzd.principal import Principal  # noqa: E402
from zzd.realtime.outbox import Event  # noqa: E402
from zzd.settings import Settings  # noqa: E402

MEMBERS = 50
# With its name and envelope about 475 bytes, as a message of some 60 Chinese characters is.
TEXT = "各乡镇值班员请报告" * 10


def recognise(auth):
    return Principal(account_id=1, username=auth["token"], session_id=None)


def rooms_of(_session, principal):
    chosen, _, number = principal.username.partition("-")
    count = int(chosen[1:])
    return [f"{chosen[0]}:{int(number) % count}"]


def serve():
    logs.configure()
    settings = Settings.from_env()
    made = Flask(__name__)
    made.extensions["zzd.settings"] = settings
    db.register(made, settings)
    sockets = realtime.register(made, settings, recognise)
    sockets.add_rooms(rooms_of)
    made.extensions["zzd.fanout"].start()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 1_000)
    return made


application = serve()
fanout = application.extensions["zzd.fanout"]


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if not path.startswith("/bench/"):
        return application(environ, start_response)
    body = b"ok"
    if path == "/bench/cpu":
        body = str(time.process_time()).encode()
    elif path == "/bench/heard":
        body = str(fanout.heard).encode()
    elif path == "/bench/ready":
        body = b"1" if fanout.healthy() else b"0"
    else:
        query = parse_qs(environ["QUERY_STRING"])
        for _ in range(int(query["times"][0])):
            data = {"t": f"{time.monotonic_ns():020}", "text": TEXT}
            event = Event(
                uuid.uuid4().hex, "message.created", clock.now(), (query["room"][0],), data
            )
            fanout.hand_over([event], lambda _error: None)
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
