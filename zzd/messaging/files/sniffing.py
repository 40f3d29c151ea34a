"""What a content is, by the content alone. Nothing is decompressed, and no more is read than the
head, the tail and a ZIP's list of names."""

from __future__ import annotations

import codecs
import struct
import zipfile
from dataclasses import dataclass
from typing import BinaryIO

import filetype

from zzd.messaging.files.rules import AUDIO

HEAD = 64 * 1024
# A list of names larger than this is not read: then a ZIP is a ZIP.
LONGEST_LIST = 2 * 1024 * 1024
BINARY = "application/octet-stream"

# What the library does not know, or takes for something else.
MAGIC = (
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-elf"),
    (b"\xfe\xed\xfa\xce", "application/x-mach-binary"),
    (b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (b"\xce\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\x4c\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (b"\xca\xfe\xba\xbe", "application/java-vm"),
    (b"%PDF-", "application/pdf"),
    (b"#!AMR", "audio/amr"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
ALIASES = {
    "audio/x-wav": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/m4a": "audio/mp4",
    "image/x-ms-bmp": "image/bmp",
    "video/x-matroska": "video/webm",
}
OOXML = "application/vnd.openxmlformats-officedocument."
OFFICE = (
    ("word/", OOXML + "wordprocessingml.document"),
    ("xl/", OOXML + "spreadsheetml.sheet"),
    ("ppt/", OOXML + "presentationml.presentation"),
)
ODF = "application/vnd.oasis.opendocument."
DOCUMENTS = {
    *(media_type for _, media_type in OFFICE),
    *(ODF + kind for kind in ("text", "spreadsheet", "presentation")),
    *("application/x-ole-storage", "application/rtf", "application/epub+zip", "application/ofd"),
}
ARCHIVES = {
    *("application/zip", "application/gzip", "application/x-7z-compressed", "application/x-tar"),
    *("application/vnd.rar", "application/x-rar-compressed", "application/x-bzip2"),
    *("application/x-xz", "application/zstd"),
}
HTML_STARTS = (
    *("<!doctype html", "<html", "<head", "<body", "<script", "<iframe", "<style", "<title"),
    *("<meta", "<link", "<img", "<a ", "<div", "<table", "<form", "<object", "<embed", "<h1"),
)
# C0 controls that no text has; tab, line feed, form feed, return and escape are in texts.
NOT_IN_TEXT = frozenset(range(32)) - {9, 10, 12, 13, 27}
BYTE_ORDERS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Sniffed:
    """``type`` is the coarse one that screens go by."""

    media_type: str
    type: str


def sniff(file: BinaryIO) -> Sniffed:
    """What a seekable file is."""
    media_type = _media_type(file)
    return Sniffed(media_type, _type_of(media_type))


def _media_type(file: BinaryIO) -> str:
    file.seek(0)
    head = file.read(HEAD)
    for magic, media_type in MAGIC:
        if head.startswith(magic):
            return media_type
    if head.startswith(b"PK\x03\x04"):
        return _in_zip(file, head)
    if encoding := text_encoding(head):
        return _of_text(head.decode(encoding, "replace"))
    kind = filetype.guess(head)
    found = BINARY if kind is None else ALIASES.get(kind.mime, kind.mime)
    return _sound_alone(head, found)


def _type_of(media_type: str) -> str:
    if media_type in AUDIO:
        return "audio"
    if media_type == "application/pdf":
        return "pdf"
    if media_type in DOCUMENTS:
        return "document"
    if media_type in ARCHIVES:
        return "archive"
    first = media_type.split("/", 1)[0]
    # A drawing in XML is a program to a browser, and a text to everybody else.
    if media_type == "image/svg+xml" or first == "text":
        return "text"
    return first if first in {"image", "audio", "video"} else "other"


def text_encoding(head: bytes) -> str | None:
    """How the beginning of a file reads as text, if it does: utf-8, utf-16 or gb18030.

    The last character may be cut.
    """
    for mark, encoding in BYTE_ORDERS:
        if head.startswith(mark):
            return encoding if _reads(head[: len(head) & ~1], encoding) else None
    if not head or NOT_IN_TEXT.intersection(head):
        return None
    for encoding in ("utf-8", "gb18030"):
        if _reads(head, encoding):
            return encoding
    return None


def _reads(head: bytes, encoding: str) -> bool:
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    # GB18030 takes almost any two bytes; what nobody has assigned shows that it was not text.
    return not any("\ue000" <= each <= "\uf8ff" or each == "\x00" for each in text)


def _of_text(text: str) -> str:
    start = text.lstrip("\ufeff \t\r\n\f")[:1024].lower()
    if start.startswith("#!"):
        return "text/x-script"
    if "<svg" in start:
        return "image/svg+xml"
    if start.startswith(HTML_STARTS) or (start.startswith(("<!--", "<?xml")) and "<html" in start):
        return "text/html"
    return "text/xml" if start.startswith("<?xml") else "text/plain"


def _in_zip(file: BinaryIO, head: bytes) -> str:
    """Office documents are ZIPs: by the names within."""
    if head[30:38] == b"mimetype":
        length = struct.unpack_from("<I", head, 18)[0]
        declared = head[38 : 38 + length].decode("ascii", "replace")
        if declared in DOCUMENTS:
            return declared
    names = _names_in_zip(file)
    if "OFD.xml" in names:
        return "application/ofd"
    if "[Content_Types].xml" in names:
        for folder, media_type in OFFICE:
            if any(name.startswith(folder) for name in names):
                return media_type
    return "application/zip"


def _names_in_zip(file: BinaryIO) -> list[str]:
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < 22:
        return []
    if struct.unpack_from("<I", tail, end + 12)[0] > LONGEST_LIST:
        return []
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error):
        return []


WEBM_CLUSTER = b"\x1f\x43\xb6\x75"


def _sound_alone(head: bytes, found: str) -> str:
    """Recordings of a browser are in the containers of films: by the tracks declared."""
    # The sound itself may hold any bytes: what is declared stands before the first cluster.
    declared = head.partition(WEBM_CLUSTER)[0]
    if found == "video/webm" and b"A_" in declared and b"V_" not in declared:
        return "audio/webm"
    if found == "video/mp4" and b"hdlr" in head and b"soun" in head and b"vide" not in head:
        return "audio/mp4"
    return found
