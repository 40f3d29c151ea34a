"""ZZD itself, with one thing more: POST /bench/emit delivers an event to a room of the benchmark.

The event takes the way of every event of ZZD in its process, from the fan-out on; that it was
never written to a database is all that is left out. ``script/bench send`` measures that.
"""

from gevent import monkey

monkey.patch_all()

import itertools  # noqa: E402
import os  # noqa: E402
import uuid  # noqa: E402
from urllib.parse import parse_qs  # noqa: E402

from messages import data  # noqa: E402

from zzd import clock, serve  # noqa: E402
from zzd.realtime.outbox import Event  # noqa: E402

application = serve()
sockets = application.extensions["zzd.sockets"]
fanout = application.extensions["zzd.fanout"]
ROOMS = int(os.environ["BENCH_ROOMS"])
joined = itertools.count()

sockets.add_rooms(lambda _session, _principal: ["bench:all", f"bench:{next(joined) % ROOMS}"])


def app(environ, start_response):
    if environ["PATH_INFO"] != "/bench/emit":
        return application(environ, start_response)
    room = parse_qs(environ["QUERY_STRING"])["room"][0]
    name = "bench:all" if room == "-1" else f"bench:{room}"
    fanout.publish([Event(uuid.uuid4().hex, "message.created", clock.now(), (name,), data())])
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
