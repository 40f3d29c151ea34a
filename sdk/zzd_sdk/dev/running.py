"""The app's own process: started, started anew when its code changes, ended with us."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

LOOK_EVERY = 0.5
PASSED_OVER = {".env", "zzd-app.json"}


class App:
    """``stamp`` grows with each change of a file, so that pages know when to load anew. ``say`` hears
    of an app that ended by itself."""

    def __init__(
        self,
        folder: Path,
        command: str | None,
        environment: Mapping[str, str],
        *,
        say: Callable[[str], None] = print,
    ) -> None:
        self._say = say
        self._folder = folder
        self._command = shlex.split(command) if command else [sys.executable, "app.py"]
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = threading.Event()
        self._seen = self._look()
        self.stamp = 1

    def __enter__(self) -> App:
        self._start()
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._stop()

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603, the developer's own command
            self._command, cwd=self._folder, env=self._environment
        )

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_EVERY):
            self._notice_end()
            seen = self._look()
            changed = {path for path, at in seen.items() if self._seen.get(path) != at}
            changed |= self._seen.keys() - seen.keys()
            if not changed:
                continue
            self._seen = seen
            if any(path.suffix == ".py" for path in changed):
                self._stop()
                self._start()
            self.stamp += 1

    def _notice_end(self) -> None:
        """Said once: what it was about stands above, and a change of its code starts it anew."""
        status = self._process.poll() if self._process else None
        if status is not None:
            self._process = None
            self._say(f"  the app ended ({status}); change a .py file, and it is started again")

    def _look(self) -> dict[Path, int]:
        return {
            path: path.stat().st_mtime_ns
            for path in self._folder.rglob("*")
            if path.is_file() and not _is_passed_over(path.relative_to(self._folder))
        }


def _is_passed_over(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return hidden or path.name in PASSED_OVER or path.suffix == ".pyc"
