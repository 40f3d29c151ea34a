"""What a command in script/ says: one moving line a step, and one clear line when it fails."""

import itertools
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ON_TERMINAL = sys.stdout.isatty()
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Failure(Exception):
    """Ends the command with this one line and exit code 1."""


class Interrupted(Exception):
    """A signal asked the command to stop."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.exit_code = 128 + signum


def say(text: str = "") -> None:
    """Print a line. A closed terminal must not keep us from stopping what we started."""
    write(text + "\n")


def write(text: str) -> None:
    with suppress(OSError):
        sys.stdout.write(text)
        sys.stdout.flush()


def raise_interrupted(signum: int, _frame: object) -> None:
    raise Interrupted(signum)


def run_main(main: Callable[[], int | None]) -> None:
    """Run `main` and turn its end into an exit code: a failure 1, a signal 128 + its number."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, raise_interrupted)
    try:
        code = main() or 0
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr, flush=True)
        code = 1
    except Interrupted as interrupted:
        say("\nStopped.")
        code = interrupted.exit_code
    except OSError as error:
        # A full disk, a folder that we may not write: the reason and the path say it all.
        print(f"error: {error}", file=sys.stderr, flush=True)
        code = 1
    sys.exit(code)


def kill_group(process: subprocess.Popen[Any], signum: int = signal.SIGKILL) -> None:
    """Signal a process and its children: started in a new session, it leads their group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signum)


def run_as(user: str | None) -> dict[str, Any]:
    """What Popen needs to run a program as another user; only root may ask for one."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


class Line:
    """A step at work: a line redrawn on a terminal, a dot a second elsewhere, then how it ended."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.detail = ""
        self.started = time.monotonic()
        self.ended = threading.Event()
        # In a thread of its own, as whoever works meanwhile may be waiting for an answer.
        self.drawing = threading.Thread(target=self.draw, daemon=True)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def __enter__(self) -> "Line":
        self.drawing.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.ended.set()
        self.drawing.join()
        outcome = "done" if kind is None else "failed" if issubclass(kind, Failure) else "stopped"
        text = f"{outcome} ({self.seconds:.1f} s)\n"
        write(f"\r\033[K  {self.title}: {text}" if ON_TERMINAL else f" {text}")

    def draw(self) -> None:
        if not ON_TERMINAL:
            write(f"  {self.title} ")
        for spinner in itertools.cycle("|/-\\"):
            if ON_TERMINAL:
                width = shutil.get_terminal_size().columns - 1
                text = f"  {spinner} {self.title}  {self.seconds:.0f} s  {self.detail}"
                write("\r\033[K" + text[:width])
            if self.ended.wait(0.1 if ON_TERMINAL else 1):
                return
            if not ON_TERMINAL:
                write(".")


def run_step(
    title: str,
    command: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    hint: str = "",
    user: str | None = None,
) -> None:
    """Run a long command behind one moving line. Raises Failure, its output shown, if it fails."""
    tail: deque[str] = deque(maxlen=30)
    try:
        with Line(title) as line:
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
                **run_as(user),
            )
            try:
                assert process.stdout
                for text in process.stdout:
                    if text := COLOUR.sub("", text).rstrip():
                        tail.append(text)
                        line.detail = text.strip()
                if process.wait():
                    raise Failure(f"{title} failed.{' ' + hint if hint else ''}")
            finally:
                kill_group(process)
                process.wait()
    except Failure:
        for text in tail:
            say(f"    {text}")
        raise


def run_aloud(
    command: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> int:
    """Run a command that prints its own progress; return its exit code. It never outlives us."""
    sys.stdout.flush()
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait()
    except BaseException:
        kill_group(process, stop_signal)
        with suppress(subprocess.TimeoutExpired, Interrupted):
            process.wait(timeout=5)
        raise
    finally:
        kill_group(process)
