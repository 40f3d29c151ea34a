"""Previews of pictures and of the first page of PDFs, made once when a content arrives."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import structlog

from zzd.messaging.files import render
from zzd.messaging.files.rules import RASTER
from zzd.messaging.files.threads import decoders

log = structlog.get_logger()

DRAWN = {*RASTER, "image/tiff", "application/pdf"}
# Seconds on the clock; render.py limits its own seconds of work.
AT_MOST = 30


@dataclass(frozen=True, slots=True)
class Looks:
    """Pixels as shown, pages, and the previews that are in the folder now."""

    width: int | None = None
    height: int | None = None
    pages: int | None = None
    variants: dict[str, Any] = field(default_factory=dict)


def draw_previews(source: Path, media_type: str, folder: Path) -> Looks:
    """Whatever can be drawn of it; what cannot be decoded has no preview, and is no error."""
    if media_type not in DRAWN:
        return Looks()
    command = [sys.executable, "-I", render.__file__, str(source), media_type, str(folder)]
    with decoders():
        try:
            # The environment has the server's secrets.
            done = subprocess.run(command, capture_output=True, env={}, timeout=AT_MOST)  # noqa: S603
        except subprocess.TimeoutExpired:
            log.info("a preview took too long", media_type=media_type)
            return Looks()
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().rsplit("\n", 1)[-1]
        log.info("no preview", media_type=media_type, reason=reason[:200])
    try:
        return Looks(**orjson.loads(done.stdout))
    except (orjson.JSONDecodeError, TypeError):
        return Looks()
