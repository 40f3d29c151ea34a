"""A client around the app: a frame, five officials to be, and the calls of the bridge."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any

from zzd_sdk.dev.people import Sample
from zzd_sdk.dev.running import App
from zzd_sdk.errors import Unreachable, ZzdError

LARGEST = 64 * 1024


Answer = Callable[[dict[str, Any]], Any]


def serve(server: ThreadingHTTPServer) -> None:
    """Until Ctrl-C."""
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


def answers_of(
    manifest: dict[str, Any], miniapp_id: str, sample: Sample, app: App
) -> dict[str, Answer]:
    """What the page asks its own server, by path."""

    def start(_body: dict[str, Any]) -> Any:
        return {
            "name": manifest["name"],
            "entry_url": manifest["entry_url"],
            "officials": sample.officials(),
        }

    def launch(body: dict[str, Any]) -> Any:
        wanted = ("code_challenge", "redirect_uri", "state", "nonce")
        asked = {name: str(body[name]) for name in wanted if name in body}
        return sample.as_(str(body.get("as"))).post(f"/miniapps/{miniapp_id}/launch", asked)

    def pick(body: dict[str, Any]) -> Any:
        """All of them whom the app may know of, by the names it knows them by."""
        names = {each["id"]: each["name"] for each in sample.officials()}
        asked = {"official_ids": list(names)}
        known = sample.as_(str(body.get("as"))).post(f"/workbench/{miniapp_id}/known", asked)
        pairs = zip(known["official_ids"], known["known_as"], strict=True)
        return {"items": [{"id": name, "name": names[id_]} for id_, name in pairs]}

    return {
        "/start": start,
        "/launch": launch,
        "/pick": pick,
        "/look": lambda _body: {"stamp": app.stamp},
    }


def make_server(port: int, answers: dict[str, Answer]) -> ThreadingHTTPServer:
    """Raises OSError where the port is taken."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    server.answers = answers  # type: ignore[attr-defined]
    return server


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path != "/":
            self._answer(HTTPStatus.NOT_FOUND, {"code": "not_found"})
            return
        page = (resources.files("zzd_sdk.dev") / "harness.html").read_bytes()
        self._send(HTTPStatus.OK, "text/html; charset=utf-8", page)

    def do_POST(self) -> None:
        answers: dict[str, Answer] = self.server.answers  # type: ignore[attr-defined]
        # Another site's page may post here, but not as JSON.
        if self.headers.get("Content-Type") != "application/json" or self.path not in answers:
            self._answer(HTTPStatus.NOT_FOUND, {"code": "not_found"})
            return
        length = min(int(self.headers.get("Content-Length") or 0), LARGEST)
        try:
            said = json.loads(self.rfile.read(length) or b"{}")
            self._answer(HTTPStatus.OK, answers[self.path](said))
        except ZzdError as error:
            self._answer(error.status, {"code": error.code, "message": error.detail})
        except (Unreachable, ValueError, AttributeError) as error:
            self._answer(HTTPStatus.BAD_GATEWAY, {"code": "no_answer", "message": str(error)})

    def _answer(self, status: int, body: Any) -> None:
        raw = json.dumps(body, ensure_ascii=False).encode()
        self._send(status, "application/json", raw)

    def _send(self, status: int, kind: str, raw: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, _format: str, *_arguments: Any) -> None:
        """The app's own lines are enough."""
