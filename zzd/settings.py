"""Every setting of a process, read once from the environment."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

# What runs when it is opened.
REFUSED_TYPES = (
    "application/vnd.microsoft.portable-executable",
    "application/x-elf",
    "application/x-mach-binary",
    "application/x-ms-shortcut",
    "application/java-vm",
    "text/x-script",
    *(".exe", ".com", ".scr", ".pif", ".msi", ".bat", ".cmd", ".ps1", ".vbs", ".vbe", ".js"),
    *(".jse", ".wsf", ".hta", ".lnk", ".jar", ".reg", ".chm", ".cpl", ".dll", ".sh"),
)
SIMULATED = "simulated"
WHO_NEEDS_A_SECOND_FACTOR = ("none", "administrators", "all")


class SettingsError(Exception):
    """A setting is missing or malformed; the text says which and how to mend it."""


@dataclass(frozen=True)
class Settings:
    """What differs between a laptop and a province: only this.

    Times are seconds, sizes are bytes.
    """

    database_url: str
    secret_key: str = field(repr=False)
    redis_url: str | None = None
    # Before the names of everything in Redis, where installations share one.
    redis_prefix: str = "zzd"
    public_url: str = "http://127.0.0.1:8000"
    apps_url: str = "http://localhost:8001"
    allowed_origins: tuple[str, ...] = ("http://127.0.0.1:8000", "http://localhost:8000")
    web_root: Path = Path("web/dist")
    session_ttl: int = 14 * 86400
    # Who does nothing before they have turned it on: one of WHO_NEEDS_A_SECOND_FACTOR.
    second_factor_required: str = "none"
    socket_packet_limit: int = 64 * 1024
    socket_backlog_limit: int = 256 * 1024
    ping_seconds: int = 20
    graceful_seconds: int = 5
    request_limit: int = 32 * 1024 * 1024
    database_pool: int = 20
    run_timers: bool = True
    # How long after it was sent its sender may take a message back, and change its text.
    recall_within: int = 120
    edit_within: int = 86400
    # Contents, and in its folder ``uploads`` what is on its way; all web processes share it.
    files_root: Path = Path("var/files")
    file_limit: int = 100 * 1024 * 1024
    # What the files of one official may come to.
    file_quota: int = 10 * 1024 * 1024 * 1024
    # Media types, and endings of names with their dots.
    refused_types: tuple[str, ...] = REFUSED_TYPES
    # A bucket keeps the contents instead of the folder; boto3 finds the credentials (AWS_*).
    s3_bucket: str | None = None
    s3_endpoint: str | None = None
    s3_region: str | None = None
    s3_prefix: str = ""
    # Messages a minute that a bot may send.
    bot_rate: int = 20
    # Calls a minute that an app may make by one of its installations for itself, and for each official.
    app_rate: int = 600
    # Calls a minute of one app, all its installations and officials together.
    app_whole_rate: int = 240_000
    # Requests a minute that an app's server may make for tokens. An official of each of 25,547
    # villages may open one app within the same minute, and each comes with its next tokens later.
    token_rate: int = 60_000
    # Gateways to telephones: an http(s) address, "simulated", or None for no such channel.
    sms_gateway: str | None = None
    voice_gateway: str | None = None
    # "whsec_" and the key in base64, with which requests to the gateways are signed.
    gateway_secret: str = field(default="", repr=False)
    # Networks inside (as 10.1.0.0/16) that mini-apps may be called back in nevertheless, and
    # without https. Everything else inside is closed to what others ask the server to call.
    outgoing_networks: tuple[str, ...] = ()
    # With which the operator's Prometheus reads /metrics; without it there is no such page.
    metrics_token: str | None = field(default=None, repr=False)

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """Read ``ZZD_*``; the README lists them. Raises SettingsError."""
        root = Path(__file__).resolve().parent.parent
        var = Path(env.get("ZZD_VAR") or root / "var")
        public_url = env.get("ZZD_PUBLIC_URL", cls.public_url).rstrip("/")
        return cls(
            database_url=env.get("ZZD_DATABASE_URL") or f"sqlite:///{var / 'zzd.db'}",
            redis_url=env.get("ZZD_REDIS_URL") or None,
            redis_prefix=env.get("ZZD_REDIS_PREFIX") or cls.redis_prefix,
            secret_key=_secret_key(env, var),
            public_url=public_url,
            apps_url=env.get("ZZD_APPS_URL", cls.apps_url).rstrip("/"),
            allowed_origins=_origins(public_url, env.get("ZZD_ALLOWED_ORIGINS", "")),
            web_root=Path(env.get("ZZD_WEB_ROOT") or root / "web" / "dist"),
            session_ttl=_integer(env, "ZZD_SESSION_TTL", cls.session_ttl),
            second_factor_required=_second_factor_required(env),
            socket_backlog_limit=_integer(env, "ZZD_SOCKET_BACKLOG", cls.socket_backlog_limit),
            ping_seconds=_integer(env, "ZZD_PING_SECONDS", cls.ping_seconds),
            graceful_seconds=_integer(env, "ZZD_GRACEFUL_SECONDS", cls.graceful_seconds),
            database_pool=_integer(env, "ZZD_DATABASE_POOL", cls.database_pool),
            recall_within=_integer(env, "ZZD_RECALL_WITHIN", cls.recall_within),
            edit_within=_integer(env, "ZZD_EDIT_WITHIN", cls.edit_within),
            run_timers=env.get("ZZD_RUN_TIMERS", "1") not in {"0", "no", "false"},
            files_root=Path(env.get("ZZD_FILES") or var / "files"),
            file_limit=_integer(env, "ZZD_FILE_LIMIT", cls.file_limit),
            file_quota=_integer(env, "ZZD_FILE_QUOTA", cls.file_quota),
            refused_types=_words(env, "ZZD_REFUSED_TYPES", cls.refused_types),
            s3_bucket=env.get("ZZD_S3_BUCKET") or None,
            s3_endpoint=env.get("ZZD_S3_ENDPOINT") or None,
            s3_region=env.get("ZZD_S3_REGION") or None,
            s3_prefix=env.get("ZZD_S3_PREFIX", cls.s3_prefix),
            bot_rate=_integer(env, "ZZD_BOT_RATE", cls.bot_rate),
            app_rate=_integer(env, "ZZD_APP_RATE", cls.app_rate),
            app_whole_rate=_integer(env, "ZZD_APP_WHOLE_RATE", cls.app_whole_rate),
            token_rate=_integer(env, "ZZD_TOKEN_RATE", cls.token_rate),
            sms_gateway=_gateway(env, "ZZD_SMS_GATEWAY"),
            voice_gateway=_gateway(env, "ZZD_VOICE_GATEWAY"),
            gateway_secret=_gateway_secret(env),
            outgoing_networks=_networks(env, "ZZD_OUTGOING_NETWORKS"),
            metrics_token=_metrics_token(env),
        )


def _secret_key(env: Mapping[str, str], var: Path) -> str:
    """The key from the environment, else from the file that ``script/server`` made."""
    if key := env.get("ZZD_SECRET_KEY"):
        return key
    try:
        return (var / "secret.key").read_text().strip()
    except FileNotFoundError:
        raise SettingsError(
            "ZZD_SECRET_KEY is not set: give it a random text of at least 32 characters"
        ) from None


def _integer(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or int(text) == 0:
        raise SettingsError(f"{name} must be a positive whole number, not {text!r}")
    return int(text)


def _second_factor_required(env: Mapping[str, str]) -> str:
    who = env.get("ZZD_SECOND_FACTOR_REQUIRED") or "none"
    if who not in WHO_NEEDS_A_SECOND_FACTOR:
        raise SettingsError(
            f"ZZD_SECOND_FACTOR_REQUIRED must be none, administrators or all, not {who!r}"
        )
    return who


def _words(env: Mapping[str, str], name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """A list with commas; an empty text is an empty list."""
    if name not in env:
        return default
    return tuple(word.strip().lower() for word in env[name].split(",") if word.strip())


def _networks(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    named = _words(env, name, ())
    for each in named:
        try:
            ip_network(each)
        except ValueError:
            raise SettingsError(
                f"{name} must list networks such as 10.1.0.0/16, not {each!r}"
            ) from None
    return named


def _metrics_token(env: Mapping[str, str]) -> str | None:
    token = env.get("ZZD_METRICS_TOKEN") or None
    if token and (len(token) < 16 or not token.isascii()):
        raise SettingsError("ZZD_METRICS_TOKEN must have at least 16 characters of ASCII")
    return token


def _gateway(env: Mapping[str, str], name: str) -> str | None:
    address = env.get(name, "")
    if not address or address == SIMULATED:
        return address or None
    url = urlsplit(address)
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise SettingsError(f"{name} must be an http(s) address or {SIMULATED}, not {address!r}")
    if not env.get("ZZD_GATEWAY_SECRET"):
        raise SettingsError(f"{name} needs ZZD_GATEWAY_SECRET, with which requests are signed")
    return address


def _gateway_secret(env: Mapping[str, str]) -> str:
    secret = env.get("ZZD_GATEWAY_SECRET", "")
    if not secret:
        return ""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith("whsec_") or len(key) < 24:
        raise SettingsError(
            "ZZD_GATEWAY_SECRET must be whsec_ and at least 24 random bytes in base64"
        )
    return secret


def _origins(public_url: str, listed: str) -> tuple[str, ...]:
    """The public address under both loopback names, and whatever the operator lists."""
    url = urlsplit(public_url)
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise SettingsError(f"ZZD_PUBLIC_URL must be an http(s) address, not {public_url!r}")
    origins = [f"{url.scheme}://{url.netloc}"]
    if url.hostname in {"127.0.0.1", "localhost"}:
        port = f":{url.port}" if url.port else ""
        origins += [f"{url.scheme}://{host}{port}" for host in ("127.0.0.1", "localhost")]
    origins += [origin.strip().rstrip("/") for origin in listed.split(",") if origin.strip()]
    return tuple(dict.fromkeys(origins))
