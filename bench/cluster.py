"""Several web processes with Redis between them: what the hop adds, and what a second process gains.

Three processes of ZZD's sockets and fan-out under gunicorn, without a database behind them: one
alone, and two with a Redis between. Rounds are interleaved. Latency: 100 events a second into rooms
of 50, published in one process and heard in the same one without Redis, or in the other through
it. Throughput: events into rooms of 50 as fast as they are delivered, with all members at the first
process, then with half of each room at either. At last the second process has no members in the
rooms that are busy: what it spends on an event is its share in what does not concern it.

Generator, Redis and processes share this machine's cores, which bounds the gain; the CPU time of each
says by how much.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bootstrap import BIN
from processes import Group, free_port
from services import start_redis
from steps import ROOT, Failure, Line, run_main, say

MEMBERS = 50
RATE = 100
# For each process that is asked.
IN_FLIGHT = 60


@dataclass
class Figures:
    """One for each round, of which the median is told."""

    hop: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    # Microseconds of CPU a delivery: of all web processes, of Redis, of the generator.
    web: list[float] = field(default_factory=list)
    redis: list[float] = field(default_factory=list)
    load: list[float] = field(default_factory=list)
    cores: list[float] = field(default_factory=list)


def main() -> None:
    options = parse_arguments()
    with (
        tempfile.TemporaryDirectory(prefix="zzd-bench-") as name,
        Group(Path(name, "log")) as group,
    ):
        redis_url = start_redis(group, password=os.urandom(16).hex())
        redis_pid = group.members[-1].process.pid
        alone = Web(group, name, "alone", None)
        two = [Web(group, name, f"web {number}", redis_url) for number in (1, 2)]
        for web in (alone, *two):
            group.wait_until(f"Starting {web.name}", web.is_ready)
        with closing(Load()) as load:
            measure(options, load, alone, two, redis_pid)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("script/bench cluster", description=__doc__)
    parser.add_argument("--clients", type=int, default=1_000, help="of a set (1000)")
    parser.add_argument("--rounds", type=int, default=5, help="(5)")
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement (3)")
    return parser.parse_args()


class Web:
    """One gunicorn with one worker."""

    def __init__(self, group: Group, folder: str, name: str, redis_url: str | None) -> None:
        self.name, self.port = name, free_port()
        env = {
            "PYTHONPATH": f"{ROOT / 'bench' / 'load'}:{ROOT}",
            "ZZD_BIND": f"127.0.0.1:{self.port}",
            "ZZD_GRACEFUL_SECONDS": "1",
            "ZZD_VAR": folder,
            "ZZD_SECRET_KEY": "k" * 40,
            "ZZD_DATABASE_URL": "sqlite://",
            "ZZD_REDIS_URL": redis_url or "",
        }
        config = ROOT / "deploy" / "gunicorn.conf.py"
        group.start(name, [BIN / "gunicorn", "-c", config, "cluster_server:app"], env=env)

    def is_ready(self) -> bool:
        try:
            return self._get("/bench/ready") == b"1"
        except OSError:
            return False

    def cpu(self) -> float:
        return float(self._get("/bench/cpu"))

    def heard(self) -> int:
        return int(self._get("/bench/heard"))

    def _get(self, path: str) -> bytes:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", path)
            return connection.getresponse().read()


class Load:
    """The load generator, in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, ROOT / "bench" / "load" / "rooms.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def order(self, **order: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        if not (answer := self._process.stdout.readline()):
            raise Failure("the load generator gave up; its reason stands above.")
        return json.loads(answer)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def measure(
    options: argparse.Namespace, load: Load, alone: Web, two: list[Web], redis_pid: int
) -> None:
    first, second = two
    rooms = options.clients // MEMBERS
    half = f"d{rooms}"
    few = 4
    with Line("Connecting the clients"):
        load.order(
            connect=[
                # Latency: a few rooms, where an event waits for no other.
                [alone.port, few * MEMBERS, f"a{few}"],
                [second.port, few * MEMBERS, f"h{few}"],
                [first.port, rooms * MEMBERS, f"c{rooms}"],
                # Clients are dealt to rooms in turn: half of each room's sit at either process.
                [first.port, rooms * MEMBERS // 2, half],
                [second.port, rooms * MEMBERS // 2, half],
            ]
        )
    here, hop, one, both, idle = Figures(), Figures(), Figures(), Figures(), Figures()
    flood = [MEMBERS, IN_FLIGHT, options.seconds]
    # To be warm.
    load.order(flood=[[first.port, second.port], "d", rooms, MEMBERS, IN_FLIGHT, 1])
    for number in range(options.rounds):
        with Line(f"Round {number + 1} of {options.rounds}"):
            seconds = options.seconds
            answer = load.order(rate=[alone.port, "a", few, MEMBERS, RATE, seconds])
            here.hop.append(statistics.median(answer["delays"]))
            answer = load.order(rate=[first.port, "h", few, MEMBERS, RATE, seconds])
            hop.hop.append(statistics.median(answer["delays"]))
            uninvolved, heard = second.cpu(), second.heard()
            flooded(one, load, two, redis_pid, [[first.port], "c", rooms, *flood])
            spent, deliveries = second.cpu() - uninvolved, one.rate[-1] * seconds
            idle.hop.append(second.heard() - heard)
            before = second.cpu()
            time.sleep(seconds)
            idle.web.append((spent - (second.cpu() - before)) / (deliveries / MEMBERS) * 1e6)
            ports = [first.port, second.port]
            flooded(both, load, two, redis_pid, [ports, "d", rooms, *flood])
    report(here, hop, one, both, idle)


def flooded(into: Figures, load: Load, webs: list[Web], redis_pid: int, order: list[Any]) -> None:
    before = sum(web.cpu() for web in webs), cpu_of(redis_pid)
    answer = load.order(flood=order)
    web, redis = (
        now - then
        for now, then in zip(
            (sum(web.cpu() for web in webs), cpu_of(redis_pid)), before, strict=True
        )
    )
    deliveries, seconds = answer["deliveries"], answer["seconds"]
    into.rate.append(deliveries / seconds)
    into.web.append(web / deliveries * 1e6)
    into.redis.append(redis / deliveries * 1e6)
    into.load.append(answer["cpu"] / deliveries * 1e6)
    into.cores.append((web + redis + answer["cpu"]) / seconds)


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(here: Figures, hop: Figures, one: Figures, both: Figures, idle: Figures) -> None:
    median = statistics.median
    say(f"\n  {'':28} {'median ms':>10}   rounds")
    for name, each in (("one process, no Redis", here), ("through Redis to another", hop)):
        say(f"  {name:28} {median(each.hop):10.2f}   {' '.join(f'{one:.2f}' for one in each.hop)}")
    say(
        f"\n  {'':28} {'deliveries/s':>12} {'web µs':>8} {'Redis µs':>9} {'load µs':>8} {'cores':>6}   rounds"
    )
    for name, each in (("one process", one), ("two processes", both)):
        rounds = " ".join(f"{rate:.0f}" for rate in each.rate)
        say(
            f"  {name:28} {median(each.rate):12.0f} {median(each.web):8.1f} {median(each.redis):9.1f}"
            f" {median(each.load):8.1f} {median(each.cores):6.2f}   {rounds}"
        )
    say("\n  µs: CPU time a delivery, of all web processes together; cores: how many were busy")
    share = median(one.web) / median(both.web)
    say(f"  With a core for each process two would gain {2 * share:.2f} by their CPU time")
    say(
        f"  Of the events in others' rooms a process read {sum(idle.hop):.0f};"
        f" each cost it {median(idle.web):.1f} µs more than silence\n"
    )
    # Of neighbouring rounds: what else the machine did changed in between.
    added = [there - by_itself for there, by_itself in zip(hop.hop, here.hop, strict=True)]
    gains = [with_two / with_one for with_two, with_one in zip(both.rate, one.rate, strict=True)]
    result = {
        "hop_median_ms": round(median(added), 2),
        "gain_with_2_processes": round(median(gains), 2),
    }
    say(json.dumps(result))


if __name__ == "__main__":
    run_main(main)
