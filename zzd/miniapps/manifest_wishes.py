"""What a manifest asks for, and whether another asks for more. Pure, like the rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from zzd.miniapps.manifest_rules import ENTRIES, optional_scope_names, scope_names


def data_audience(manifest: dict[str, Any]) -> dict[str, Any]:
    """What the app wants to know of: the whole block of the unit that it is for, if it says
    nothing."""
    said: dict[str, Any] = manifest.get("data_audience") or {
        "unit_code": manifest["audience"]["unit_code"]
    }
    return said


def icon_of(manifest: dict[str, Any]) -> str | None:
    """The picture for its tile: the best one, or the only one there can be in version 1."""
    icons = manifest.get("icons")
    found: str | None = icons[0]["src"] if icons else manifest.get("icon")
    return found


def may_show_badge(manifest: dict[str, Any]) -> bool:
    """Version 1 had no way to say so."""
    return bool(manifest.get("badge", manifest["manifest_version"] == 1))


def domains_of(manifest: dict[str, Any]) -> set[str]:
    """Every host that the app's pages and servers live at or talk to, with its port."""
    urls = [manifest.get(name) for name in (*ENTRIES, "callback_url")] + manifest["redirect_uris"]
    hosts = {urlsplit(url).netloc.lower() for url in urls if url}
    return hosts | set(manifest.get("allowed_domains", []))


def asks_for_more(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, str]]:
    """What one version asks for that the other did not, as ``{kind, what}``: scopes, domains,
    events, and audiences that are not plainly narrower."""
    return list(_more(before, after))


def _more(before: dict[str, Any], after: dict[str, Any]) -> Iterator[dict[str, str]]:
    known = {*scope_names(before), *optional_scope_names(before)}
    for scope in scope_names(after):
        if scope not in scope_names(before):
            yield {"kind": "scope", "what": scope}
    for scope in optional_scope_names(after):
        if scope not in known:
            yield {"kind": "optional_scope", "what": scope}
    for domain in sorted(domains_of(after) - domains_of(before)):
        yield {"kind": "domain", "what": domain}
    for event in after.get("events", []):
        if event not in before.get("events", []):
            yield {"kind": "event", "what": event}
    if not _is_within(after["audience"], before["audience"]):
        yield {"kind": "audience", "what": after["audience"]["unit_code"]}
    if not _is_within(data_audience(after), data_audience(before)):
        yield {"kind": "data_audience", "what": data_audience(after)["unit_code"]}


def _is_within(inner: dict[str, Any], outer: dict[str, Any]) -> bool:
    """Whether an audience is plainly a part of another: of the same unit, narrowed no less."""
    levels, most = inner.get("levels"), outer.get("levels")
    return (
        inner["unit_code"] == outer["unit_code"]
        and (most is None or (levels is not None and set(levels) <= set(most)))
        and all(outer.get(name) in (None, inner.get(name)) for name in ("line", "role"))
    )
