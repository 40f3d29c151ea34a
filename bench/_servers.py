"""Web processes as in production, over one database, each on a port of its own."""

from __future__ import annotations

from pathlib import Path

from _databases import env_of
from bootstrap import BIN
from processes import Group, answers, free_port
from services import new_password, start_redis
from steps import ROOT


def start_web(group: Group, url: str, count: int) -> list[int]:
    """The ports of ``count`` processes; several have a Redis between them."""
    ports = [free_port() for _ in range(count)]
    env = {
        **env_of(url),
        "ZZD_VAR": str(group.logs),
        "ZZD_PUBLIC_URL": f"http://127.0.0.1:{ports[0]}",
        "ZZD_GRACEFUL_SECONDS": "1",
    }
    if count > 1:
        env["ZZD_REDIS_URL"] = start_redis(group, password=new_password())
    config: Path = ROOT / "deploy" / "gunicorn.conf.py"
    for number, port in enumerate(ports, start=1):
        command = [BIN / "gunicorn", "-c", config, "wsgi:app"]
        group.start(f"web {number}", command, env={**env, "ZZD_BIND": f"127.0.0.1:{port}"})
    for number, port in enumerate(ports, start=1):
        group.wait_until(
            f"Starting web process {number}",
            lambda port=port: answers("127.0.0.1", port, "/readyz"),
        )
    return ports
