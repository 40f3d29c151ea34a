"""The web client's files and the browsable API page, all from this server."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, redirect, send_from_directory
from werkzeug.exceptions import NotFound as NoFile
from werkzeug.routing import PathConverter
from werkzeug.wrappers import Response as AnyResponse

from zzd.api import Caller, allow
from zzd.errors import NotFound
from zzd.settings import Settings

blueprint = Blueprint("pages", __name__)

# Where the apps' side of the bridge stands, by the version that it speaks: zzd/1/zzd.js.
BRIDGE = "zzd/"

# Apps come from other origins, each in a frame of its own page (zzd.miniapps.desk.frame), whose
# policy is its manifest's; the client frames that page and nothing else.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob: https:; style-src 'self' 'unsafe-inline'; "
    "frame-src {frames}; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; "
    "object-src 'none'"
)


@blueprint.get("/")
@blueprint.get("/<screen:path>")
@allow(Caller.ANYONE)
def client(path: str = "") -> Response:
    """A file of the web client; any other path is one of its screens."""
    settings: Settings = current_app.extensions["zzd.settings"]
    try:
        response = send_from_directory(settings.web_root, path or "index.html")
    except NoFile:
        if "." in path.rsplit("/", 1)[-1]:
            raise NotFound from None
        try:
            response = send_from_directory(settings.web_root, "index.html")
        except NoFile:
            raise NotFound("The web client has not been built") from None
    if path.startswith("assets/"):
        # Built files carry a hash of their content in their names.
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
    if path.startswith(BRIDGE):
        # Pages of mini-apps, on any origin, import it.
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.get("/api/docs")
@allow(Caller.ANYONE)
def api_docs() -> AnyResponse:
    return redirect("/api-docs/index.html")


class ScreenConverter(PathConverter):
    """Any path but the API's, so that what the API lacks is absent for every method."""

    regex = r"(?!api/|oauth/|socket\.io)[^/].*?"


def register(app: Flask, settings: Settings) -> None:
    app.url_map.converters["screen"] = ScreenConverter

    @app.after_request
    def protect(response: Response) -> Response:
        frames = "'self'" if response.mimetype == "text/html" else "'none'"
        policy = CONTENT_SECURITY_POLICY.format(frames=frames)
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response

    app.register_blueprint(blueprint)
