"""Whether a manifest is a good one. Pure: the same answers anywhere, before anything is sent."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

SCHEMA_TEXT = (Path(__file__).parent / "manifest-1.json").read_text(encoding="utf-8")
SCHEMA: dict[str, Any] = json.loads(SCHEMA_TEXT)
SCOPES: tuple[str, ...] = tuple(
    SCHEMA["properties"]["scopes"]["items"]["properties"]["name"]["enum"]
)
LARGEST = 65_536

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
# Strict, since origins are written into a Content-Security-Policy header.
_HOST = re.compile(r"[a-z0-9]+(-+[a-z0-9]+)*(\.[a-z0-9]+(-+[a-z0-9]+)*)*")
_IN_NO_ADDRESS = re.compile(r"[^\x21-\x7e]|[\"'<>\\^`{|}]")
_TYPES = {
    "string": "a text",
    "array": "a list",
    "object": "an object",
    "integer": "a whole number",
    "null": "null",
}
_validator = Draft202012Validator(SCHEMA)

Fault = dict[str, str]


def find_faults(manifest: Any, *, own_origins: Collection[str] = ()) -> list[Fault]:
    """Everything wrong with a manifest, as ``{pointer, detail}``; none if it is good.

    Pointers (RFC 6901) lead into the manifest, details say how to mend it. ``own_origins``
    are the platform's: an app from there would not be held by its frame. Whether the audience
    exists is for the server to say.
    """
    size = len(json.dumps(manifest, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if size > LARGEST:
        return [_fault((), f"Has {size} bytes; keep it to {LARGEST}: link the icon, shorten texts")]
    faults = [fault for error in _validator.iter_errors(manifest) for fault in _explain(error)]
    if not faults:
        faults = [*_text_faults(manifest, ()), *_rule_faults(manifest, own_origins)]
    return sorted(
        {fault["pointer"]: fault for fault in reversed(faults)}.values(), key=lambda f: f["pointer"]
    )


def origin_of(url: str) -> str:
    """``https://host[:port]`` of an address that passed the rules, as browsers write it."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    usual = {"https": 443, "http": 80}[parts.scheme]
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def scope_names(manifest: dict[str, Any]) -> list[str]:
    return [scope["name"] for scope in manifest["scopes"]]


def optional_scope_names(manifest: dict[str, Any]) -> list[str]:
    """What an administrator may grant or not, the app doing without."""
    return [scope["name"] for scope in manifest.get("optional_scopes", [])]


def data_audience(manifest: dict[str, Any]) -> dict[str, Any]:
    """What the app wants to know of: the whole block of the unit that it is for, if it says
    nothing."""
    said: dict[str, Any] = manifest.get("data_audience") or {
        "unit_code": manifest["audience"]["unit_code"]
    }
    return said


def _fault(path: Collection[Any], detail: str) -> Fault:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return {"pointer": "".join(f"/{part}" for part in parts), "detail": detail}


def _explain(error: ValidationError) -> Iterator[Fault]:
    """What the schema refused, in words that say what to write instead."""
    path, rule = tuple(error.absolute_path), str(error.validator)
    wanted: Any = error.validator_value
    schema: Any = error.schema
    instance: Any = error.instance
    if rule == "required":
        for name in wanted:
            if name not in instance:
                says = schema["properties"][name].get("description", "a text")
                yield _fault((*path, name), f"Is missing. {says[0].upper()}{says[1:]}")
    elif rule == "additionalProperties":
        known = schema["properties"]
        for name in instance:
            if name not in known:
                detail = f"Is not part of a manifest: remove it. Known here: {', '.join(known)}"
                yield _fault((*path, name), detail)
    else:
        yield _fault(path, _sentence(rule, wanted, schema) or error.message)


def _sentence(rule: str, wanted: Any, schema: Any) -> str | None:
    if rule == "type":
        names = [wanted] if isinstance(wanted, str) else wanted
        return f"Must be {' or '.join(_TYPES[name] for name in names)}"
    if rule in ("enum", "const"):
        values = wanted if rule == "enum" else [wanted]
        return f"Must be one of {', '.join(json.dumps(value) for value in values)}"
    if rule in ("minLength", "maxLength"):
        return f"Must have {schema.get('minLength', 0)} to {schema['maxLength']} characters"
    if rule in ("minItems", "maxItems"):
        return f"Must list {schema.get('minItems', 0)} to {schema['maxItems']} things"
    if rule in ("minimum", "maximum"):
        return f"Must be {schema['minimum']} to {schema['maximum']}"
    if rule == "uniqueItems":
        return "Must not list anything twice"
    says: str | None = schema.get("errorMessage")
    return says


def _text_faults(node: Any, path: tuple[Any, ...]) -> Iterator[Fault]:
    """Characters that no text has, and texts of nothing but spaces."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _text_faults(value, (*path, name))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _text_faults(value, (*path, index))
    elif isinstance(node, str):
        allowed = "\n" if path[0] == "description" else ""
        if any(unicodedata.category(c) in ("Cc", "Cs") and c not in allowed for c in node):
            yield _fault(path, "Contains a control character: remove it")
        elif not node.strip():
            yield _fault(path, "Must not be blank")


def _rule_faults(manifest: dict[str, Any], own_origins: Collection[str]) -> Iterator[Fault]:
    """What a schema cannot say."""
    entry = manifest["entry_url"]
    entry_fault = _address_fault(entry)
    if entry_fault:
        yield _fault(("entry_url",), entry_fault)
    elif origin_of(entry) in own_origins:
        yield _fault(("entry_url",), "Must be on another origin than the platform's own client")
    uris = manifest["redirect_uris"]
    for index, uri in enumerate(uris):
        path = ("redirect_uris", index)
        if detail := _address_fault(uri):
            yield _fault(path, detail)
        elif not entry_fault and origin_of(uri) != origin_of(entry):
            yield _fault(path, f"Must be on the origin of entry_url, {origin_of(entry)}")
        elif uri in uris[:index]:
            yield _fault(path, "Is listed twice: remove one")
    callback = manifest.get("callback_url")
    if callback is not None and (detail := _address_fault(callback)):
        yield _fault(("callback_url",), detail)
    names = scope_names(manifest)
    for index, name in enumerate(names):
        if name in names[:index]:
            yield _fault(("scopes", index, "name"), f"{name} is asked for twice: remove one")


def _address_fault(url: str) -> str | None:
    if _IN_NO_ADDRESS.search(url):
        return "Contains a character that no address has: percent-encode it"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "Is not an address: look at its host and port"
    if port == 0 or not (_HOST.fullmatch(host) or host in LOOPBACK_HOSTS):
        return "Needs a host name such as shelters.zj.cn, without a wildcard"
    if parts.username is not None or parts.password is not None:
        return "Must not carry a user name or password"
    if "#" in url:
        return "Must not have a fragment: remove # and what follows"
    if parts.scheme == "http" and host not in LOOPBACK_HOSTS:
        return "Must begin with https:// (http:// only on localhost, 127.0.0.1 and [::1])"
    return None
