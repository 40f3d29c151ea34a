"""gunicorn as ZZD runs under it: `gunicorn -c deploy/gunicorn.conf.py wsgi:app`.

One gevent worker a process; run more processes instead of more workers. Never --preload: psycopg
must be imported after gevent's patching.
"""

import os

bind = os.environ.get("ZZD_BIND", "127.0.0.1:8000").split(",")
worker_class = "gevent"
workers = 1
worker_connections = 10_000
# Several processes on one port: Linux deals the connections out, macOS gives them all to one.
# Sockets then need the websocket transport: polling would spread over processes.
reuse_port = os.environ.get("ZZD_REUSE_PORT") == "1"
# Open sockets hold a graceful stop for all of this time; clients reconnect by themselves.
graceful_timeout = int(os.environ.get("ZZD_GRACEFUL_SECONDS", "5"))
keepalive = 30
# It would lie in the home directory, the same for every process.
control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = "info"
