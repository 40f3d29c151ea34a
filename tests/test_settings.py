"""What a process reads from its environment, and how it is told of a mistake there."""

from __future__ import annotations

from pathlib import Path

import pytest

from zzd.settings import Settings, SettingsError

KEY = {"ZZD_SECRET_KEY": "k" * 32}


def test_without_a_setting_it_is_one_process_on_a_file(tmp_path: Path) -> None:
    settings = Settings.from_env({**KEY, "ZZD_VAR": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path}/zzd.db"
    assert settings.redis_url is None
    assert settings.public_url == "http://127.0.0.1:8000"
    assert not settings.secure_cookies
    assert settings.run_timers
    assert settings.second_factor_required == "none"


def test_the_secret_key_comes_from_its_file_if_not_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("from the file\n")
    env = {"ZZD_VAR": str(tmp_path)}
    assert Settings.from_env(env).secret_key == "from the file"
    assert Settings.from_env({**env, **KEY}).secret_key == "k" * 32


def test_files_are_beside_the_rest_unless_a_bucket_keeps_them(tmp_path: Path) -> None:
    settings = Settings.from_env({**KEY, "ZZD_VAR": str(tmp_path)})
    assert settings.files_root == tmp_path / "files"
    assert settings.s3_bucket is None
    assert ".exe" in settings.refused_types
    chosen = Settings.from_env(
        {
            **KEY,
            "ZZD_FILES": "/srv/files",
            "ZZD_FILE_LIMIT": "1000",
            "ZZD_FILE_QUOTA": "5000",
            "ZZD_REFUSED_TYPES": ".EXE, application/x-elf",
            "ZZD_S3_BUCKET": "zzd",
        }
    )
    assert (chosen.files_root, chosen.s3_bucket) == (Path("/srv/files"), "zzd")
    assert (chosen.file_limit, chosen.file_quota) == (1000, 5000)
    assert chosen.refused_types == (".exe", "application/x-elf")
    assert Settings.from_env({**KEY, "ZZD_REFUSED_TYPES": ""}).refused_types == ()


def test_the_secret_key_is_not_shown() -> None:
    assert "kkkk" not in repr(Settings.from_env(KEY))


@pytest.mark.parametrize(
    ("url", "listed", "origins"),
    [
        ("http://127.0.0.1:9000", "", {"http://127.0.0.1:9000", "http://localhost:9000"}),
        ("http://localhost", "", {"http://127.0.0.1", "http://localhost"}),
        ("https://zzd.gov.example/", "", {"https://zzd.gov.example"}),
        (
            "https://zzd.gov.example",
            "https://a.example/, https://b.example,,",
            {"https://zzd.gov.example", "https://a.example", "https://b.example"},
        ),
    ],
)
def test_origins_are_our_own_and_those_listed(url: str, listed: str, origins: set[str]) -> None:
    env = {**KEY, "ZZD_PUBLIC_URL": url, "ZZD_ALLOWED_ORIGINS": listed}
    settings = Settings.from_env(env)
    assert set(settings.allowed_origins) == origins
    assert settings.secure_cookies == url.startswith("https")


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"ZZD_VAR": "/nowhere/at/all"}, "ZZD_SECRET_KEY"),
        ({**KEY, "ZZD_PUBLIC_URL": "zzd.gov.example"}, "ZZD_PUBLIC_URL"),
        ({**KEY, "ZZD_PUBLIC_URL": "ftp://zzd.gov.example"}, "ZZD_PUBLIC_URL"),
        ({**KEY, "ZZD_SESSION_TTL": "a while"}, "ZZD_SESSION_TTL"),
        ({**KEY, "ZZD_SECOND_FACTOR_REQUIRED": "everybody"}, "ZZD_SECOND_FACTOR_REQUIRED"),
        ({**KEY, "ZZD_SESSION_TTL": "0"}, "ZZD_SESSION_TTL"),
        ({**KEY, "ZZD_SESSION_TTL": "²"}, "ZZD_SESSION_TTL"),
        ({**KEY, "ZZD_DATABASE_POOL": "-3"}, "ZZD_DATABASE_POOL"),
        ({**KEY, "ZZD_SMS_GATEWAY": "sms.gov.example"}, "ZZD_SMS_GATEWAY"),
        ({**KEY, "ZZD_VOICE_GATEWAY": "https://voice.gov.example"}, "ZZD_GATEWAY_SECRET"),
        ({**KEY, "ZZD_GATEWAY_SECRET": "secret"}, "ZZD_GATEWAY_SECRET"),
        ({**KEY, "ZZD_GATEWAY_SECRET": "whsec_c2hvcnQ="}, "ZZD_GATEWAY_SECRET"),
        ({**KEY, "ZZD_GATEWAY_SECRET": "whsec_?"}, "ZZD_GATEWAY_SECRET"),
        ({**KEY, "ZZD_OUTGOING_NETWORKS": "10.0.0.0/8,inside"}, "ZZD_OUTGOING_NETWORKS"),
        ({**KEY, "ZZD_OUTGOING_NETWORKS": "10.1.2.3/8"}, "ZZD_OUTGOING_NETWORKS"),
    ],
    ids=str,
)
def test_a_mistake_is_named(env: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Settings.from_env(env)


@pytest.mark.parametrize(("text", "run"), [("0", False), ("no", False), ("", True), ("1", True)])
def test_timers_run_unless_told_not_to(text: str, run: bool) -> None:
    assert Settings.from_env({**KEY, "ZZD_RUN_TIMERS": text}).run_timers is run


def test_there_are_telephones_where_a_gateway_is_named() -> None:
    assert Settings.from_env(KEY).sms_gateway is None
    assert Settings.from_env({**KEY, "ZZD_SMS_GATEWAY": "simulated"}).sms_gateway == "simulated"
    secret = "whsec_" + "a" * 32
    env = {**KEY, "ZZD_VOICE_GATEWAY": "https://voice.gov.example", "ZZD_GATEWAY_SECRET": secret}
    settings = Settings.from_env(env)
    assert settings.voice_gateway == "https://voice.gov.example"
    assert settings.gateway_secret == secret
    assert secret not in repr(settings)


def test_networks_inside_are_closed_until_they_are_named() -> None:
    assert Settings.from_env(KEY).outgoing_networks == ()
    env = {**KEY, "ZZD_OUTGOING_NETWORKS": "127.0.0.0/8, ::1/128"}
    assert Settings.from_env(env).outgoing_networks == ("127.0.0.0/8", "::1/128")
