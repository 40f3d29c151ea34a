"""Messages sent to one group over HTTP: how many a second, and how long each takes to be committed.

A real server (gunicorn, one gevent worker) on a temporary SQLite database, or on the database that
ZZD_BENCH_DATABASE_URL names. Several officials of one group send at once, each on a connection of
its own, the next message when the last one is acknowledged. At the end the conversation must hold
exactly the messages that were acknowledged.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import tempfile
import threading
import time
from copy import copy
from pathlib import Path
from typing import Any

from bootstrap import BIN
from processes import Group, answers, free_port
from steps import ROOT, Failure, run_main, run_step, say

TEXT = "请各乡镇值班员于二十时前上报转移人数, 并检查地质灾害点和在建工地。"


class Sender:
    """An official who is signed in, on a connection of its own."""

    def __init__(self, port: int, username: str, password: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Content-Type": "application/json"}
        signed_in = self.post("/sessions", {"username": username, "password": password})
        self.headers["Authorization"] = f"Bearer {signed_in['token']}"
        self.id = signed_in["official"]["id"]

    def again(self) -> "Sender":
        """The same official on another connection."""
        other = copy(self)
        other.connection = http.client.HTTPConnection("127.0.0.1", self.connection.port, timeout=60)
        return other

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.call("POST", path, json.dumps(body))

    def call(self, method: str, path: str, body: str | None = None) -> Any:
        self.connection.request(method, f"/api/v1{path}", body, self.headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status not in (200, 201):
            raise Failure(f"{method} {path} was answered {response.status}: {answer[:300]!r}")
        return json.loads(answer)


def main() -> None:
    options = parse_arguments()
    with (
        tempfile.TemporaryDirectory(prefix="zzd-bench-") as name,
        Group(Path(name, "log")) as group,
    ):
        port = free_port()
        accounts = prepare_database(Path(name), port, options.officials)
        env = {"ZZD_BIND": f"127.0.0.1:{port}", "ZZD_GRACEFUL_SECONDS": "1"}
        config = ROOT / "deploy" / "gunicorn.conf.py"
        group.start("web", [BIN / "gunicorn", "-c", config, "wsgi:app"], env=env)
        group.wait_until("Starting the server", lambda: answers("127.0.0.1", port, "/readyz"))
        measure(port, accounts, options.concurrency, options.seconds)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("script/bench send", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="of each level (5)")
    parser.add_argument("--officials", type=int, default=500, help="in the sample data (500)")
    parser.add_argument(
        "--concurrency", type=int, nargs="+", default=[1, 4, 16, 32], help="(1 4 16 32)"
    )
    return parser.parse_args()


def prepare_database(folder: Path, port: int, officials: int) -> list[dict[str, str]]:
    """Fill a new database and return the accounts that can sign in to it."""
    given = os.environ.get("ZZD_BENCH_DATABASE_URL")
    os.environ |= {
        "ZZD_VAR": str(folder),
        "ZZD_DATABASE_URL": given or f"sqlite:///{folder / 'zzd.db'}",
        "ZZD_SECRET_KEY": os.urandom(32).hex(),
        "ZZD_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    zzd = BIN / "zzd"
    run_step("Making the database", [zzd, "db", "upgrade"])
    run_step("Loading sample data", [zzd, "seed", "--if-empty", "--officials", str(officials)])
    listed = subprocess.run([zzd, "demo-accounts", "--json"], capture_output=True, check=True)
    accounts: list[dict[str, str]] = json.loads(listed.stdout)
    return accounts


def measure(port: int, accounts: list[dict[str, str]], levels: list[int], seconds: float) -> None:
    senders = sign_in(port, accounts, max(levels))
    members = sorted({sender.id for sender in senders} - {senders[0].id})
    group = {"kind": "group", "name": "防汛值班", "official_ids": members, "client_id": "bench"}
    path = f"/conversations/{senders[0].post('/conversations', group)['id']}"
    warm_up, _ = send_for(senders[:4], path, 1, "warm-up")
    say(
        f"\n  {'senders':>8} {'messages':>9} {'per s':>8} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8}"
    )
    results = [
        summary(level, *send_for(senders[:level], path, seconds, f"level-{level}"))
        for level in levels
    ]
    verify(senders[0], path, len(warm_up) + sum(int(result["messages"]) for result in results))
    database = os.environ["ZZD_DATABASE_URL"].partition(":")[0]
    say(json.dumps({"benchmark": "send", "database": database, "levels": results}))


def sign_in(port: int, accounts: list[dict[str, str]], count: int) -> list[Sender]:
    """`count` senders, several of one official where there are fewer accounts."""
    officials = [account for account in accounts if account.get("unit_code")]
    if not officials:
        raise Failure("the sample data has no account of an official.")
    signed_in = [
        Sender(port, account["username"], account["password"]) for account in officials[:count]
    ]
    return [signed_in[number % len(signed_in)].again() for number in range(count)]


def send_for(
    senders: list[Sender], path: str, seconds: float, name: str
) -> tuple[list[float], float]:
    """Let all send at once for some seconds. Returns the time each message took and the whole."""
    times: list[list[float]] = [[] for _ in senders]
    faults: list[BaseException] = []
    begin = time.perf_counter()

    def send(number: int) -> None:
        # Opened anew: the server may have closed it while others were sending.
        senders[number].connection.close()
        try:
            while (before := time.perf_counter()) < begin + seconds:
                key = f"{name}-{number}-{len(times[number])}"
                senders[number].post(f"{path}/messages", {"client_id": key, "text": TEXT})
                times[number].append(time.perf_counter() - before)
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(senders))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise Failure(f"a sender failed: {faults[0]}")
    taken = sorted(one for each in times for one in each)
    return taken, time.perf_counter() - begin


def summary(level: int, taken: list[float], seconds: float) -> dict[str, float]:
    cuts = statistics.quantiles(taken, n=100)
    rate = len(taken) / seconds
    p50, p95, p99 = (cuts[percent - 1] * 1000 for percent in (50, 95, 99))
    say(f"  {level:8} {len(taken):9} {rate:8.0f} {p50:8.1f} {p95:8.1f} {p99:8.1f}")
    return {
        "senders": level,
        "messages": len(taken),
        "messages_per_second": round(rate, 1),
        "p50_ms": round(p50, 2),
        "p95_ms": round(p95, 2),
        "p99_ms": round(p99, 2),
    }


def verify(sender: Sender, path: str, acknowledged: int) -> None:
    """Neither lost nor doubled: the conversation's last number is the count of acknowledgements."""
    held = sender.call("GET", path)["last_seq"]
    if held != acknowledged:
        raise Failure(f"{acknowledged} messages were acknowledged and the group holds {held}.")
    say(f"\n  The group holds exactly the {held} messages that were acknowledged\n")


if __name__ == "__main__":
    run_main(main)
