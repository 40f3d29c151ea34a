"""Rules of files that need nothing but their arguments. Sizes are bytes."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

from zzd.characters import has_hidden

MOST_FILES = 9
LONGEST_FILE_NAME = 255
# Since the last chunk; since all was there.
UNFINISHED_FOR = timedelta(hours=24)
UNSENT_FOR = timedelta(days=30)
LINK_FOR = timedelta(minutes=5)
TEXT_SHOWN = 64 * 1024

VARIANTS = ("small", "large")
ORIGINAL = "original"

# What a browser may show in the page: nothing in which a script could stand.
RASTER = {
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/bmp",
}
AUDIO = {
    "audio/mpeg",
    "audio/mp4",
    "audio/aac",
    "audio/ogg",
    "audio/webm",
    "audio/wav",
    "audio/flac",
    "audio/amr",
}
INLINE = {*RASTER, *AUDIO, "application/pdf", "text/plain"}


def may_be_inline(media_type: str) -> bool:
    return media_type in INLINE


def clean_name(name: str) -> str:
    """The last part of a path, without what controls or disguises; empty if nothing is left.

    Marks that turn the direction of writing make ``gpj.exe`` out of ``exe.jpg``.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(each for each in last if not has_hidden(each))
    kept = kept.strip()
    return "" if kept in {".", ".."} else kept


def extension(name: str) -> str:
    """``.exe`` of ``A.EXE``; dots and spaces at the end are nothing to Windows."""
    _, dot, last = name.rstrip(". ").lower().rpartition(".")
    return dot + last


def is_refused(media_type: str, name: str, refused: tuple[str, ...]) -> bool:
    """``refused`` lists media types, and endings of names beginning with a dot: what a content
    is shows itself mostly, but a script is a text to everybody but its interpreter."""
    return media_type in refused or extension(name) in refused
