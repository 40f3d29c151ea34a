"""The app's server: `gunicorn 'apps.shelters.app:create_app()'`."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, render_template
from zzd_sdk import Client, Launches

from apps.shelters import routes
from apps.shelters.settings import Settings
from apps.shelters.store import Store

FOLDER = Path(__file__).parent
LARGEST_REQUEST = 64 * 1024


def create_app(settings: Settings | None = None) -> Flask:
    settings = settings or Settings.from_env()
    app = Flask(__name__, static_folder="static", template_folder=".")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["shelters.settings"] = settings
    app.extensions["shelters.store"] = store = Store(settings.database)
    app.extensions["shelters.launches"] = Launches(
        Client(settings.zzd_url, tries=2),
        redirect_uri=settings.redirect_uri,
        credentials=settings.credentials,
        store=store,
    )
    app.register_blueprint(routes.blueprint)

    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {' '.join(settings.client_origins)}"
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
