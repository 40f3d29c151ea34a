"""What has arrived of unfinished uploads, in the folder ``uploads`` beside the contents.

A request writes a file of its own, so that one which was overtaken by another harms nobody. The
web processes share the folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from flask import current_app

from zzd.messaging.files.storage import PIECE
from zzd.messaging.files.threads import beside
from zzd.settings import Settings


class PartMissing(Exception):
    """The disk lacks what the database says has arrived."""


def folder_of(file_id: int) -> Path:
    settings: Settings = current_app.extensions["zzd.settings"]
    return settings.files_root / "uploads" / str(file_id)


def open_part(file_id: int, writer: str) -> BinaryIO:
    """The file of one request, made here."""
    folder = folder_of(file_id)
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / writer).open("wb", buffering=0)


def sync_part(part: BinaryIO) -> None:
    """Return when the disk has it, and the folder its name."""
    beside(_sync, part, Path(part.name).parent)


def _sync(part: BinaryIO, folder: Path) -> None:
    os.fsync(part.fileno())
    for each in (folder, folder.parent):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def assemble(file_id: int, parts: Sequence[tuple[str, int]], name: str) -> tuple[Path, str]:
    """One file of the parts, called ``name`` in the same folder, and its SHA-256.

    Always a copy: an overtaken request may still write to its part. Raises PartMissing.
    """
    return beside(_assemble, folder_of(file_id), list(parts), name)


def _assemble(folder: Path, parts: list[tuple[str, int]], name: str) -> tuple[Path, str]:
    whole, digest = folder / name, hashlib.sha256()
    try:
        with whole.open("wb") as target:
            for part, length in parts:
                with (folder / part).open("rb") as source:
                    _copy(source, target, length, digest)
    except FileNotFoundError as error:
        raise PartMissing(str(folder)) from error
    return whole, digest.hexdigest()


def _copy(source: BinaryIO, target: BinaryIO, length: int, digest: hashlib._Hash) -> None:
    while length:
        piece = source.read(min(PIECE, length))
        if not piece:
            raise PartMissing(source.name)
        digest.update(piece)
        target.write(piece)
        length -= len(piece)


def discard(file_id: int) -> None:
    """All of an upload."""
    beside(shutil.rmtree, folder_of(file_id), True)
