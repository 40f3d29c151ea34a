"""Where contents are kept: a folder by default, or a bucket of an S3-compatible store.

A key is written once and never changed. What ``put`` returned from is safe.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from flask import Flask, current_app

from zzd.messaging.files.threads import beside
from zzd.settings import Settings, SettingsError

PIECE = 256 * 1024
KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}")


class Missing(Exception):
    """The store has nothing under this key."""


class Store(Protocol):
    def put(self, key: str, source: Path) -> None:
        """Keep the file ``source``, which may be moved away, under ``key``."""

    def read(self, key: str, start: int, length: int) -> Iterator[bytes]:
        """So many bytes from ``start``, in pieces. Raises Missing before the first."""

    def delete(self, key: str) -> None:
        """What is not there is deleted already."""

    def list_keys(self) -> Iterator[tuple[str, datetime]]:
        """All keys, and since when."""


def key_of(sha256: str) -> str:
    """A fresh key for this content, in one of 65,536 folders."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}-{uuid.uuid4().hex[:8]}"


def is_content(key: str) -> bool:
    """Whether a key is one that ``key_of`` gives: others keep things of their own in the store."""
    return KEY.match(key) is not None


def variant_key(key: str, variant: str) -> str:
    return f"{key}.{variant}.webp"


def blob_key(key: str) -> str:
    """The content's own key from the key of any of its variants."""
    return key.split(".", 1)[0]


class DiskStore:
    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, source: Path) -> None:
        beside(self._put, self.root / key, source)

    def _put(self, target: Path, source: Path) -> None:
        fresh = _make_folders(target.parent)
        try:
            os.replace(_synced(source), target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            beside_target = target.with_name(f".{uuid.uuid4().hex}")
            shutil.copyfile(source, beside_target)
            os.replace(_synced(beside_target), target)
            source.unlink()
        for folder in (target.parent, *fresh):
            _synced(folder)

    def read(self, key: str, start: int, length: int) -> Iterator[bytes]:
        try:
            file = (self.root / key).open("rb")
        except FileNotFoundError:
            raise Missing(key) from None
        return _pieces(file, start, length)

    def delete(self, key: str) -> None:
        (self.root / key).unlink(missing_ok=True)

    def list_keys(self) -> Iterator[tuple[str, datetime]]:
        for path in self.root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            try:
                since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            except FileNotFoundError:
                continue
            yield path.relative_to(self.root).as_posix(), since


def _pieces(file: object, start: int, length: int) -> Iterator[bytes]:
    with file:  # type: ignore[attr-defined]
        file.seek(start)  # type: ignore[attr-defined]
        while length > 0 and (piece := file.read(min(PIECE, length))):  # type: ignore[attr-defined]
            length -= len(piece)
            yield piece


def _make_folders(folder: Path) -> list[Path]:
    """Make it; returns the folders that now have a new one in them, to be synced as well."""
    changed = []
    for each in (folder.parent, folder):
        if not each.exists():
            each.mkdir(parents=True, exist_ok=True)
            changed.append(each.parent)
    return changed


def _synced(path: Path) -> Path:
    """On the disk, and not in a cache: a file's bytes, or which names a folder has."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return path


def store() -> Store:
    kept: Store = current_app.extensions["zzd.files"]
    return kept


def register(app: Flask, settings: Settings) -> None:
    if settings.s3_bucket:
        try:
            from zzd.messaging.files.s3 import S3Store
        except ModuleNotFoundError as error:
            raise SettingsError(
                "ZZD_S3_BUCKET needs one more package: pip install 'zzd[s3]'"
            ) from error

        app.extensions["zzd.files"] = S3Store(settings)
    else:
        app.extensions["zzd.files"] = DiskStore(settings.files_root)
