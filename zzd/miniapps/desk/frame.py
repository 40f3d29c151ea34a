"""The page between the client and an app: it holds the app's frame and nothing else.

The client frames this page, from its own origin; this page frames the app. So the client's own
policy lets it frame nothing but itself, and this page's policy, built from the manifest, keeps the
app's frame on the app's domains wherever a link or a redirect would lead it. What the app says is
passed on only if it comes from that frame and from the origin that it was opened at, and answers go
only there.
"""

from __future__ import annotations

import secrets
from html import escape
from urllib.parse import urlsplit

from flask import Response

from zzd.errors import Invalid
from zzd.miniapps.manifest_rules import origin_of
from zzd.miniapps.models import MiniAppVersion

PAGE = """<!doctype html>
<html lang="zh">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style nonce="{nonce}">html,body,iframe{{width:100%;height:100%;margin:0;border:0;display:block}}</style>
<iframe src="{entry}" title="{title}" data-origin="{origin}"
 sandbox="allow-scripts allow-forms allow-same-origin allow-popups"
 allow="geolocation 'none'; camera 'none'; microphone 'none'"
 referrerpolicy="strict-origin-when-cross-origin"></iframe>
<script nonce="{nonce}">
const frame = document.querySelector('iframe')
const app = frame.dataset.origin
const client = location.origin
addEventListener('message', ({{ source, origin, data }}) => {{
  if (source === frame.contentWindow && origin === app) parent.postMessage(data, client)
  else if (source === parent && origin === client) frame.contentWindow.postMessage(data, app)
}})
frame.addEventListener('load', () => parent.postMessage({{ zzd: 'loaded' }}, client))
</script>
"""


def frame_page(version: MiniAppVersion, at: str | None = None, *, phone: bool = False) -> Response:
    """The page for this version of an app, with its Content-Security-Policy.

    ``at`` is a page of the app, on its entry's origin, to begin with; on a ``phone`` it begins with
    the page that its manifest has for phones. Raises Invalid.
    """
    if at is not None and not _is_of(at, version.entry_origin):
        raise Invalid.at("/query/at", f"Must be an address at {version.entry_origin}")
    nonce = secrets.token_urlsafe(16)
    manifest = version.manifest
    entry = at or (phone and manifest.get("phone_entry_url")) or manifest["entry_url"]
    page = PAGE.format(
        nonce=nonce,
        entry=escape(entry),
        origin=escape(origin_of(entry)),
        title=escape(manifest["name"]["zh"]),
    )
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; frame-src {' '.join(frame_sources(version))}; "
        f"script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
        "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def frame_sources(version: MiniAppVersion) -> list[str]:
    """Where the app's frame may go: its entry's origin, and the domains its manifest names."""
    manifest = version.manifest
    entries = [manifest["entry_url"], manifest.get("phone_entry_url")]
    origins = [origin_of(url) for url in entries if url and urlsplit(url).hostname]
    named = [f"https://{host}" for host in manifest.get("allowed_domains", ())]
    return list(dict.fromkeys([version.entry_origin, *origins, *named]))


def _is_of(address: str, origin: str) -> bool:
    try:
        parts = urlsplit(address)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
        return whole and origin_of(address) == origin
    except ValueError:
        return False
