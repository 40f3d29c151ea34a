"""What the socket core uses of its libraries beyond their documented interface.

The versions are pinned exactly. A test compares them with what is installed and looks for every
name here: whoever upgrades one of the libraries reads the places below again, then changes this.
"""

from __future__ import annotations

VERSIONS = {
    "Flask-SocketIO": "5.7.0",
    "python-socketio": "5.18.1",
    "python-engineio": "4.15.1",
    "gevent": "26.9.0",
    "gunicorn": "27.0.1",
}

# "module:name.name": who relies on it, and for what.
NAMES = {
    # EngineServer replaces the first, and calls the others.
    "engineio:Server.handle_request": "overridden: every request is answered by ours",
    "engineio:Server._trigger_event": "called with connect and disconnect",
    "engineio:Server._cors_allowed_origins": "called: the list of origins",
    "engineio:Server._cors_headers": "called: the headers for other origins",
    "engineio:Server._get_socket": "finds a Channel in ``sockets`` and asks ``closed`` of it",
    "engineio:Server.send_packet": "asks ``send`` of a Channel",
    # SocketServer and RoomManager.
    "socketio:Server._engineio_server_class": "overridden: the engine is ours",
    "socketio:Server._handle_eio_message": "overridden: packets not understood end a connection",
    "socketio:Server._send_eio_packet": "called where gevent does not run; test clients replace it",
    "socketio:Manager.pre_connect": "overridden, as are connect, is_connected and their like",
    "socketio:Manager.basic_enter_room": "overridden: rooms are plain dictionaries",
    "socketio:Manager.basic_leave_room": "overridden",
    "socketio:Manager.basic_disconnect": "overridden: a socket knows its rooms",
    "socketio:Manager.sid_from_eio_sid": "reads ``rooms[namespace][None]._invm``, a bidict's",
    # FlaskSockets.
    "flask_socketio:SocketIO.init_app": "overridden: makes SocketServer and the Door",
    "flask_socketio:SocketIO._handle_event": "reads ``flask.app`` of the environment of a connect",
    # Wire.
    "gevent.hub:Hub.cancel_wait": "wakes the greenlet that reads",
    "gunicorn.workers.base_async:AsyncWorker.handle_request": (
        "lets StopIteration end a connection; ``gunicorn.socket`` is in the environment"
    ),
}
