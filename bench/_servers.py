"""Web processes as in production, over one database, each on a port of its own."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

from _databases import env_of
from bootstrap import BIN
from processes import Group, answers, free_port
from services import new_password, start_redis
from steps import ROOT


def start_web(group: Group, url: str, count: int) -> list[int]:
    """The ports of ``count`` processes. Several have a Redis between them and a worker for what is
    done by the clock, as ``script/server --services`` has; one does everything itself.

    What they log stays in the group's folder.
    """
    ports = [free_port() for _ in range(count)]
    env = {
        **env_of(url),
        "ZZD_VAR": str(group.logs),
        "ZZD_PUBLIC_URL": f"http://127.0.0.1:{ports[0]}",
        "ZZD_GRACEFUL_SECONDS": "1",
    }
    if count > 1:
        env["ZZD_REDIS_URL"] = start_redis(group, password=new_password())
        env["ZZD_RUN_TIMERS"] = "0"
        group.start("worker", [BIN / "zzd", "worker"], env=env)
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


def cpu_seconds_of(group: Group) -> dict[str, float]:
    """What each of the group's processes has used so far with all below it; nothing but on Linux.

    Beside a rate it says what a machine with more cores would carry, whatever else this one does.
    """
    used: dict[int, float] = {}
    below: defaultdict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(folder.name)
        below[int(fields[1])].append(pid)
        used[pid] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def total(pid: int) -> float:
        return used.get(pid, 0.0) + sum(map(total, below[pid]))

    return {member.name: total(member.process.pid) for member in group.members} if used else {}
