"""A report's content as a PDF."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog
from jinja2 import Environment, FileSystemLoader

from zzd.errors import Unavailable

log = structlog.get_logger()

HERE = Path(__file__).parent
PRESS = HERE / "press.py"
# Programs that print at once in one process, and the seconds that one may take.
AT_ONCE, PATIENCE = 2, 60
# Where Homebrew keeps libraries that a program of Python does not look for by itself.
HOMEBREW = "/opt/homebrew/lib:/usr/local/lib"

templates = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True
)
_slots = threading.BoundedSemaphore(AT_ONCE)


class PrintingUnavailable(Unavailable):
    """The libraries that set type are missing, or it took too long; the log says which."""

    code, title = "printing_unavailable", "Reports cannot be printed at the moment"


def as_html(content: Mapping[str, Any], *, sha256: str) -> str:
    return templates.get_template("bulletin.html").render(**content, sha256=sha256)


def as_pdf(html: str) -> bytes:
    """Set by a process beside this one; other requests go on. Raises PrintingUnavailable."""
    environment = dict(os.environ)
    if sys.platform == "darwin":
        environment.setdefault("DYLD_FALLBACK_LIBRARY_PATH", HOMEBREW)
    with _slots:
        try:
            # Our own interpreter and our own file; what people wrote goes in by standard input.
            done = subprocess.run(  # noqa: S603
                [sys.executable, "-I", str(PRESS)],
                input=html.encode(),
                capture_output=True,
                timeout=PATIENCE,
                env=environment,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            log.error("a report was not printed in time", seconds=PATIENCE)
            raise PrintingUnavailable from error
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        log.error("a report was not printed", error=done.stderr.decode(errors="replace")[-2000:])
        raise PrintingUnavailable
    return done.stdout
