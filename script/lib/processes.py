"""Several processes that live and die together, each with its output in a file."""

import ctypes
import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from steps import ROOT, Failure, Line, kill_group, run_as

SECONDS_TO_STOP = 5
SECONDS_TO_START = 120


@dataclass
class Member:
    """A process of the group. One marked `stop_last` serves the others and outlives them."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals
    stop_last: bool

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def last_words(self, lines: int = 15) -> str:
        text = self.log.read_text(errors="replace").splitlines()[-lines:]
        return "\n".join(f"    {line}" for line in text)


def die_with_parent() -> None:
    """In the child: on Linux have the kernel stop us even if our supervisor is killed outright."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


class Group:
    """Processes started one by one, watched together and stopped together whatever happens."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.members: list[Member] = []
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "Group":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        stop_last: bool = False,
    ) -> Member:
        """Start a process in its own session: a Ctrl-C reaches only us, who stop it in order."""
        log = self.logs / f"{name.replace(' ', '-')}.log"
        if log.exists():
            # What the last run said may be what one looks for after a restart.
            log.replace(log.with_suffix(".log.1"))
        with log.open("w") as output:
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=ROOT if user is None else "/",
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
                **run_as(user),
            )
        member = Member(name, process, log, stop_signal, stop_last)
        self.members.append(member)
        if process.stdin:
            process.stdin.write(stdin.encode())
            process.stdin.close()
        return member

    def wait_until(self, title: str, is_ready: Callable[[], bool]) -> None:
        """Wait behind one moving line. Raises Failure if a process ends or two minutes pass."""
        with Line(title) as line:
            while not is_ready():
                self.require_all_alive()
                if line.seconds > SECONDS_TO_START:
                    raise Failure(
                        f"{title}: no answer after {SECONDS_TO_START} s; see {self.logs}."
                    )
                time.sleep(0.05)

    def require_all_alive(self) -> None:
        for member in self.members:
            if not member.is_alive:
                code = member.process.returncode
                how = (
                    f"was ended by {signal.Signals(-code).name}"
                    if code < 0
                    else f"ended with code {code}"
                )
                raise Failure(
                    f"{member.name} {how}; the end of {member.log}:\n{member.last_words()}"
                )

    def watch(self) -> None:
        """Return never: raises Failure when a member ends; signals raise Interrupted."""
        while True:
            self.require_all_alive()
            time.sleep(0.3)

    def stop(self) -> None:
        """Stop all, those that others rest on last. A second signal cuts the waiting short."""
        patience = Patience()
        for last in (False, True):
            members = [member for member in self.members if member.stop_last is last]
            for member in members:
                if member.is_alive:
                    with suppress(ProcessLookupError):
                        member.process.send_signal(member.stop_signal)
            deadline = time.monotonic() + SECONDS_TO_STOP
            while any(member.is_alive for member in members):
                if time.monotonic() > deadline or patience.is_over:
                    break
                time.sleep(0.02)
            for member in members:
                kill_group(member.process)
                member.process.wait()
        self.members.clear()
        patience.restore()


class Patience:
    """Takes a signal that arrives while we stop as "hurry": an exception would leave orphans."""

    def __init__(self) -> None:
        self.is_over = False
        signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        self.before = {signum: signal.signal(signum, self.lose) for signum in signals}

    def lose(self, _signum: int, _frame: object) -> None:
        self.is_over = True

    def restore(self) -> None:
        for signum, handler in self.before.items():
            signal.signal(signum, handler)


# Ports


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen there. A port shared by SO_REUSEPORT counts as taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        # As servers do: connections of a server that has just ended do not count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(1)
        except PermissionError:
            raise Failure(
                f"port {port} needs rights that you do not have; choose one above 1023: PORT=8000."
            ) from None
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                raise Failure(f"HOST={host} is no address of this machine.") from None
            return False
    return True


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def answers(host: str, port: int, path: str) -> bool:
    """Whether a GET is answered with 200. http.client asks no proxy of the environment."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
