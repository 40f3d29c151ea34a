"""One message to a room of 5,000 WebSockets: ZZD beside node ws, node socket.io and stock Flask-SocketIO.

Each server has one core to itself, a load generator in C the other. They take turns, round after
round: emits to everybody, each when the one before has arrived everywhere; then 200 messages a
second into rooms of 50. Latency runs from the emit in the server to the arrival at a client; the
message is 475 bytes as a Socket.IO packet, the bare text for `ws`. ZZD runs as in production, with
5,000 accepted connects of signed-in officials, on a temporary SQLite database.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from _databases import env_of, seed, upgrade
from _people import sign_in
from bootstrap import BIN
from processes import Group, answers, free_port
from steps import ROOT, Failure, Line, run_main, run_step, say

PEERS = ROOT / "bench" / "peers"
MEMBERS_OF_A_ROOM = 50
MESSAGES_PER_SECOND = 200
SERVER_CORE, LOAD_CORE = "0", "1"
STOCK_NEEDS = "gevent-websocket==0.10.1"
SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"


@dataclass
class Figures:
    """Of one order to the load generator. Times are milliseconds."""

    seconds: float
    deliveries: float
    p50: float
    p99: float
    cpu: float = 0.0

    @property
    def rate(self) -> float:
        return self.deliveries / self.seconds


@dataclass
class Contender:
    name: str
    command: list[str | Path]
    port: int
    path: str = SOCKET_IO
    auths: Sequence[str] = ("",)
    env: dict[str, str] = field(default_factory=dict)
    pid: int = 0
    load: subprocess.Popen[str] | None = None
    kib: float = 0.0
    all_at_once: list[Figures] = field(default_factory=list)
    rooms: list[Figures] = field(default_factory=list)

    def order(self, line: str) -> Figures:
        """Have the load generator do one thing, and read what came of it."""
        assert self.load
        assert self.load.stdin
        assert self.load.stdout
        before = cpu_seconds(self.pid)
        self.load.stdin.write(line + "\n")
        self.load.stdin.flush()
        answer = self.load.stdout.readline().split()
        if len(answer) != 4:
            raise Failure(f"the load generator of {self.name} gave up; its reason stands above.")
        figures = Figures(*map(float, answer))
        figures.cpu = (cpu_seconds(self.pid) - before) / figures.seconds
        return figures


def main() -> None:
    options = parse_arguments()
    for program in ("cc", "node", "npm", "taskset"):
        if shutil.which(program) is None:
            raise Failure(f"this benchmark needs {program}, which is not installed.")
    if (os.cpu_count() or 1) < 2:
        raise Failure("this benchmark needs two cores: one to serve and one to load.")
    with (
        tempfile.TemporaryDirectory(prefix="zzd-bench-") as name,
        Group(Path(name, "log")) as group,
    ):
        folder = Path(name)
        load = folder / "sockets"
        source = ROOT / "bench" / "load" / "sockets.c"
        run_step("Compiling the load generator", ["cc", "-O2", "-o", load, source])
        prepare_peers()
        contenders = [
            contender
            for contender in all_contenders(folder, group, options.clients)
            if contender.name in options.only
        ]
        try:
            for contender in contenders:
                connect(group, contender, load, options.clients)
            measure(contenders, options)
        finally:
            for contender in contenders:
                if contender.load:
                    contender.load.kill()
                    contender.load.wait()
    report(contenders, options)


def parse_arguments() -> argparse.Namespace:
    names = ["zzd", "node ws", "node socket.io", "stock"]
    parser = argparse.ArgumentParser("script/bench fanout", description=__doc__)
    parser.add_argument("--clients", type=int, default=5_000, help="of each server (5000)")
    parser.add_argument("--rounds", type=int, default=5, help="of each server (5)")
    parser.add_argument("--emits", type=int, default=10, help="in a round, to everybody (10)")
    parser.add_argument("--seconds", type=float, default=4, help="of 200 messages/s a round (4)")
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="(all)")
    return parser.parse_args()


def prepare_peers() -> None:
    """Install the peers where git does not look, on first use."""
    if not (PEERS / "node_modules").exists():
        run_step("Installing ws and socket.io", ["npm", "ci", "--no-audit", "--prefix", PEERS])
    packages = ROOT / "var" / "bench-python"
    if not packages.exists():
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", packages]
        run_step("Installing gevent-websocket", [*pip, STOCK_NEEDS])


def all_contenders(folder: Path, group: Group, clients: int) -> list[Contender]:
    rooms = max(1, clients // MEMBERS_OF_A_ROOM)
    gunicorn = [BIN / "gunicorn", "--no-control-socket"]
    python_path = {"PYTHONPATH": f"{PEERS}:{ROOT}", "BENCH_ROOMS": str(rooms)}
    ports = [free_port() for _ in range(4)]
    url = f"sqlite:///{folder / 'zzd.db'}"
    upgrade(url)
    seed(url, officials=500)
    zzd = Contender(
        "zzd",
        [*gunicorn, "-c", ROOT / "deploy" / "gunicorn.conf.py", "zzd_server:app"],
        ports[0],
        env={
            **python_path,
            **env_of(url),
            "ZZD_VAR": str(folder),
            "ZZD_PUBLIC_URL": f"http://127.0.0.1:{ports[0]}",
            "ZZD_BIND": f"127.0.0.1:{ports[0]}",
            "ZZD_GRACEFUL_SECONDS": "1",
        },
    )
    node = [Contender("node ws", ["node", PEERS / "ws.js", str(ports[1]), str(rooms)], ports[1])]
    node[0].path, node[0].auths = "/", ()
    socket_io = ["node", PEERS / "socket_io.js", str(ports[2]), str(rooms)]
    node.append(Contender("node socket.io", socket_io, ports[2]))
    worker = "geventwebsocket.gunicorn.workers.GeventWebSocketWorker"
    stock = Contender(
        "stock",
        [
            *(*gunicorn, "-k", worker, "-w", "1", "--worker-connections", "10000"),
            *("-b", f"127.0.0.1:{ports[3]}", "stock_server:app"),
        ],
        ports[3],
        env={**python_path, "PYTHONPATH": f"{PEERS}:{ROOT / 'var' / 'bench-python'}"},
    )
    for contender in (zzd, *node, stock):
        start(group, contender)
    zzd.auths = [json.dumps({"token": person.token}) for person in sign_in(url, 20)]
    return [zzd, *node, stock]


def start(group: Group, contender: Contender) -> None:
    member = group.start(
        contender.name, ["taskset", "-c", SERVER_CORE, *contender.command], env=contender.env
    )
    ready = "/readyz" if contender.name == "zzd" else "/"
    group.wait_until(
        f"Starting {contender.name}", lambda: answers("127.0.0.1", contender.port, ready)
    )
    contender.pid = member.process.pid
    children = Path(f"/proc/{contender.pid}/task/{contender.pid}/children").read_text().split()
    if children:
        contender.pid = int(children[0])


def connect(group: Group, contender: Contender, load: Path, clients: int) -> None:
    before = memory_kib(contender.pid)
    command = ["taskset", "-c", LOAD_CORE, load, str(contender.port), contender.path]
    with Line(f"Connecting {clients} clients to {contender.name}"):
        contender.load = subprocess.Popen(
            [*command, str(clients), *contender.auths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert contender.load.stdout
        if not contender.load.stdout.readline().startswith("joined"):
            raise Failure(f"not all clients were accepted by {contender.name}; see {group.logs}.")
    contender.kib = (memory_kib(contender.pid) - before) / clients


def measure(contenders: list[Contender], options: argparse.Namespace) -> None:
    rooms = max(1, options.clients // MEMBERS_OF_A_ROOM)
    for contender in contenders:
        contender.order("one 2")
    for number in range(options.rounds):
        with Line(f"Round {number + 1} of {options.rounds}"):
            for contender in contenders:
                contender.all_at_once.append(contender.order(f"one {options.emits}"))
            for contender in contenders:
                line = f"rate {MESSAGES_PER_SECOND} {options.seconds} {rooms}"
                contender.rooms.append(contender.order(line))


def report(contenders: list[Contender], options: argparse.Namespace) -> None:
    """Medians over the rounds, in a table and as JSON."""

    def median(figures: list[Figures], name: str) -> float:
        return statistics.median(getattr(each, name) for each in figures)

    say(f"\n  Load of the machine: {', '.join(f'{load:.1f}' for load in os.getloadavg())}")
    say(f"\n  {'':16}{'KiB/conn':>9}{'one emit to':>14}{options.clients:>6}   200/s in rooms of 50")
    say(f"  {'':16}{'':>9}{'deliv/s':>10}{'p50':>8}{'p99':>8}{'p50':>9}{'p99':>8}{'CPU':>7}")
    more = {}
    for each in contenders:
        rate = median(each.all_at_once, "rate")
        p50, p99 = median(each.all_at_once, "p50"), median(each.all_at_once, "p99")
        room50, room99 = median(each.rooms, "p50"), median(each.rooms, "p99")
        cpu = median(each.rooms, "cpu")
        say(
            f"  {each.name:16}{each.kib:9.1f}{rate:10.0f}{p50:8.1f}{p99:8.1f}"
            f"{room50:9.1f}{room99:8.1f}{cpu:7.0%}"
        )
        more[each.name] = {
            "deliveries_per_second": round(rate),
            "rounds": [round(figures.rate) for figures in each.all_at_once],
            "p50_ms": round(p50, 1),
            "p99_ms": round(p99, 1),
            "rooms_p50_ms": round(room50, 2),
            "rooms_p99_ms": round(room99, 2),
            "rooms_cpu": round(cpu, 3),
            "kib_per_connection": round(each.kib, 1),
        }
    say()
    result: dict[str, object] = {"benchmark": "fanout"}
    if "zzd" in more:
        keys = {"vs_node_ws": "node ws", "vs_socket_io": "node socket.io", "vs_stock": "stock"}
        for key, name in keys.items():
            result[key] = ratio(contenders, name)
        result["p99_ms"] = more["zzd"]["p99_ms"]
        result["kib_per_connection"] = more["zzd"]["kib_per_connection"]
    result |= {"clients": options.clients, "servers": more}
    say(json.dumps(result))


def ratio(contenders: list[Contender], name: str) -> float | None:
    """How much faster ZZD was than this one, round by round, as neighbours in time; the median."""
    rates = {each.name: [figures.rate for figures in each.all_at_once] for each in contenders}
    if name not in rates:
        return None
    pairs = zip(rates["zzd"], rates[name], strict=True)
    return round(statistics.median(ours / theirs for ours, theirs in pairs), 2)


def cpu_seconds(pid: int) -> float:
    """What the process has used; of all its threads."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def memory_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise Failure(f"process {pid} has no memory to read.")


if __name__ == "__main__":
    run_main(main)
