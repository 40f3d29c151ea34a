"""Whether a manifest is a good one, and what it asks for. Pure: no I/O, nothing of the platform.

A copy of this module beside the schemas gives the same faults anywhere, before anything is sent.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

NEWEST = 2
# Bytes of the whole, by version.
LARGEST = {1: 65_536, 2: 131_072}

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
# Strict, since origins are written into a Content-Security-Policy header.
_HOST = re.compile(r"[a-z0-9]+(-+[a-z0-9]+)*(\.[a-z0-9]+(-+[a-z0-9]+)*)*")
_IN_NO_ADDRESS = re.compile(r"[^\x21-\x7e]|[\"'<>\\^`{|}]")
_TYPES = {
    "string": "a text",
    "array": "a list",
    "object": "an object",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}

ENTRIES = ("entry_url", "phone_entry_url")
LONG_TEXTS = ("description", "privacy")
LONGEST_SETTING = 2000

# What an event says is read with the same scope by a route, where there is one.
EVENT_SCOPES = {
    "message.created": "messages.read",
    "message.recalled": "messages.read",
    "receipt.updated": "messages.read",
    "conversation.updated": "messages.read",
    "directive.issued": "directives.read",
    "assignment.updated": "directives.read",
    "rollup.updated": "directives.read",
    "todo.updated": "todos.write",
    "command.invoked": "commands.answer",
}
# By which an app hears of its commands.
ASKED = "command.invoked"

Fault = dict[str, str]


def find_faults(
    manifest: Any,
    schemas: Mapping[int, dict[str, Any]],
    *,
    own_origins: Collection[str] = (),
    platform_version: str | None = None,
) -> list[Fault]:
    """Everything wrong with a manifest, as ``{pointer, detail}``; none if it is good.

    Pointers (RFC 6901) lead into the manifest, details say how to mend it. ``schemas`` are those of
    each version; ``own_origins`` are the platform's: an app from there would not be held by its
    frame. Whether the audiences exist is for the server to say.
    """
    version = version_of(manifest)
    if version not in schemas:
        known = " or ".join(str(each) for each in sorted(schemas))
        return [_fault(("manifest_version",), f"Must be {known}")]
    try:
        size = len(json.dumps(manifest, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    except RecursionError:
        return [_fault((), "Is nested without end: a manifest has few lists within lists")]
    if size > (most := LARGEST[version]):
        return [_fault((), f"Has {size} bytes; keep it to {most}: link pictures, shorten texts")]
    validator = Draft202012Validator(schemas[version])
    faults = [fault for error in validator.iter_errors(manifest) for fault in _explain(error)]
    if not faults:
        faults = [
            *_text_faults(manifest, ()),
            *_rule_faults(manifest, own_origins),
            *_domain_faults(manifest, own_origins),
            *_naming_faults(manifest),
            *_event_faults(manifest),
            *_setting_faults(manifest),
            *_version_faults(manifest, platform_version),
        ]
    return sorted(
        {fault["pointer"]: fault for fault in reversed(faults)}.values(), key=lambda f: f["pointer"]
    )


def version_of(manifest: Any) -> int:
    """The version that a manifest says it is of; what says nothing is told about the first."""
    said = manifest.get("manifest_version", 1) if isinstance(manifest, dict) else 1
    return said if type(said) is int else 0


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
        allowed = "\n" if path[0] in LONG_TEXTS else ""
        if any(unicodedata.category(c) in ("Cc", "Cs") and c not in allowed for c in node):
            yield _fault(path, "Contains a control character: remove it")
        elif not node.strip():
            yield _fault(path, "Must not be blank")


def _rule_faults(manifest: dict[str, Any], own_origins: Collection[str]) -> Iterator[Fault]:
    """What a schema cannot say of addresses."""
    bad = {name: _address_fault(manifest[name]) for name in ENTRIES if name in manifest}
    origins = [origin_of(manifest[name]) for name, detail in bad.items() if detail is None]
    for name, detail in bad.items():
        if detail:
            yield _fault((name,), detail)
        elif origin_of(manifest[name]) in own_origins:
            yield _fault((name,), "Must be on another origin than the platform's own client")
    uris = manifest["redirect_uris"]
    for index, uri in enumerate(uris):
        path = ("redirect_uris", index)
        if detail := _address_fault(uri):
            yield _fault(path, detail)
        elif origins and origin_of(uri) not in origins:
            yield _fault(path, f"Must be on the origin of entry_url, {origins[0]}")
        elif uri in uris[:index]:
            yield _fault(path, "Is listed twice: remove one")
    others = {("callback_url",): manifest.get("callback_url")} | {
        (name, "url"): manifest.get(name, {}).get("url") for name in ("supplier", "privacy")
    }
    for where, url in others.items():
        if url is not None and (detail := _address_fault(url)):
            yield _fault(where, detail)


def _naming_faults(manifest: dict[str, Any]) -> Iterator[Fault]:
    """Nothing is named twice."""
    needed = scope_names(manifest)
    for member, key in (
        ("scopes", "name"),
        ("optional_scopes", "name"),
        ("commands", "name"),
        ("settings", "key"),
    ):
        names = [each[key] for each in manifest.get(member, [])]
        for index, name in enumerate(names):
            if name in names[:index]:
                twice = "is asked for twice" if "scopes" in member else "is there twice"
                yield _fault((member, index, key), f"{name} {twice}: remove one")
            elif member == "optional_scopes" and name in needed:
                detail = f"{name} is among scopes already: it is either needed or optional"
                yield _fault((member, index, key), detail)


def _domain_faults(manifest: dict[str, Any], own_origins: Collection[str]) -> Iterator[Fault]:
    """Hosts beside those of the addresses are hosts, each once, and none is the platform's."""
    domains = manifest.get("allowed_domains", [])
    for index, domain in enumerate(domains):
        path = ("allowed_domains", index)
        if detail := _address_fault(f"https://{domain}"):
            yield _fault(path, detail)
        elif {origin_of(f"{scheme}://{domain}") for scheme in ("https", "http")} & {*own_origins}:
            yield _fault(path, "Must be another host than the platform's own client")
        elif domain in domains[:index]:
            yield _fault(path, "Is listed twice: remove one")


def _event_faults(manifest: dict[str, Any]) -> Iterator[Fault]:
    """Whoever hears of something may read it."""
    asked = {*scope_names(manifest), *optional_scope_names(manifest)}
    for index, event in enumerate(manifest.get("events", [])):
        if (scope := EVENT_SCOPES[event]) not in asked:
            detail = f"{event} needs the scope {scope}: ask for it in scopes or optional_scopes"
            yield _fault(("events", index), detail)
    if manifest.get("commands") and ASKED not in manifest["events"]:
        detail = f"Nobody hears of these: list {ASKED} in events, and ask for {EVENT_SCOPES[ASKED]}"
        yield _fault(("commands",), detail)


def _setting_faults(manifest: dict[str, Any]) -> Iterator[Fault]:
    """Declared settings agree with themselves."""
    for index, setting in enumerate(manifest.get("settings", [])):
        path = ("settings", index)
        if (setting["type"] == "choice") != ("options" in setting):
            yield _fault((*path, "options"), "A choice has options, and nothing else has")
        elif "default" in setting and (detail := _value_fault(setting, setting["default"])):
            yield _fault((*path, "default"), detail)


def find_setting_faults(manifest: dict[str, Any], given: dict[str, Any]) -> list[Fault]:
    """What is wrong with an installation's settings, pointers leading into them."""
    declared = {each["key"]: each for each in manifest.get("settings", [])}
    faults = [
        _fault((key,), "The app has no such setting: remove it")
        for key in given
        if key not in declared
    ]
    for key, setting in declared.items():
        value = given.get(key, setting.get("default"))
        if value is None:
            if setting.get("required"):
                faults.append(_fault((key,), "Must be set"))
        elif detail := _value_fault(setting, value):
            faults.append(_fault((key,), detail))
    return faults


def _value_fault(setting: dict[str, Any], value: Any) -> str | None:
    kind = setting["type"]
    if kind == "choice":
        options = [each["value"] for each in setting["options"]]
        return None if value in options else f"Must be one of {', '.join(options)}"
    if kind == "text":
        if not isinstance(value, str):
            return "Must be a text"
        if "\0" in value:
            return "Contains a control character: remove it"
        return None if len(value) <= LONGEST_SETTING else f"At most {LONGEST_SETTING} characters"
    if kind == "integer":
        good = type(value) is int and abs(value) < 2**53
        return None if good else "Must be a whole number below 2 to the power of 53"
    return None if isinstance(value, bool) else "Must be true or false"


def _version_faults(manifest: dict[str, Any], platform_version: str | None) -> Iterator[Fault]:
    needed = manifest.get("minimum_platform_version")
    if needed and platform_version and _numbers(needed) > _numbers(platform_version):
        yield _fault(("minimum_platform_version",), f"The platform is {platform_version} still")


def _numbers(version: str) -> tuple[int, ...]:
    parts = [int(part) for part in re.findall(r"[0-9]+", version)[:3]]
    return tuple(parts + [0] * (3 - len(parts)))


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
