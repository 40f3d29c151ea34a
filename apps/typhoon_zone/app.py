"""The app's server: `gunicorn 'apps.typhoon_zone.app:create_app()'`."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, render_template
from zzd_sdk.client import Http

from apps.typhoon_zone import refusals, routes, routes_field, routes_weather
from apps.typhoon_zone.settings import Settings
from apps.typhoon_zone.zone import open_zone

FOLDER = Path(__file__).parent
LARGEST_REQUEST = 64 * 1024


def create_app(settings: Settings | None = None, http: Http | None = None) -> Flask:
    settings = settings or Settings.from_env()
    app = Flask(__name__, static_folder="static", template_folder=".")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["typhoon_zone"] = zone = open_zone(settings, http)
    refusals.register(app)
    for module in (routes, routes_field, routes_weather):
        app.register_blueprint(module.blueprint)
    if settings.feed_seconds:
        zone.keeper.start(settings.feed_seconds)

    client = " ".join(settings.client_origins)
    # The bridge, zzd.js, comes from the client's own origin.
    policy = (
        f"default-src 'none'; script-src 'self' {client}; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {client}"
    )

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    @app.get("/")
    def page() -> str:
        return render_template("page.html", origins=" ".join(settings.client_origins))

    @app.get("/manifest.json")
    def manifest() -> Response:
        text = (FOLDER / "manifest.json").read_text(encoding="utf-8")
        return Response(text.replace("${APP_URL}", settings.url), mimetype="application/json")

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app
