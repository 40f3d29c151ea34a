"""Files as their readers see them."""

from __future__ import annotations

import codecs
from typing import Any

from zzd.errors import NotFound
from zzd.messaging.files.models import Blob, File
from zzd.messaging.files.rules import TEXT_SHOWN, VARIANTS, may_be_inline
from zzd.messaging.files.sniffing import HEAD, text_encoding
from zzd.messaging.files.storage import Missing, store


def describe_file(file: File, blob: Blob | None) -> dict[str, Any]:
    """The file for whoever may have it."""
    if blob is None:
        return {**describe_content(file, None), "state": "uploading", "created_at": file.created_at}
    return {**describe_content(file, blob), "state": "ready", "created_at": file.created_at}


def describe_content(file: File, blob: Blob | None) -> dict[str, Any]:
    """What a message keeps of it: the same for everybody, and for good."""
    return {
        "id": str(file.id),
        "name": file.name,
        "size": file.size,
        "media_type": blob.media_type if blob else None,
        "type": blob.type if blob else None,
        "width": blob.width if blob else None,
        "height": blob.height if blob else None,
        "pages": blob.pages if blob else None,
        "variants": {
            name: {"width": each["width"], "height": each["height"]}
            for name in VARIANTS
            if blob and (each := blob.variants.get(name))
        },
        "inline": bool(blob) and may_be_inline(blob.media_type if blob else ""),
    }


def read_text(blob: Blob | None) -> dict[str, Any]:
    """The beginning of a text, decoded. Raises NotFound for what is none."""
    if blob is None or blob.type != "text":
        raise NotFound
    head = read_head(blob, TEXT_SHOWN)
    encoding = text_encoding(head) or "utf-8"
    # The last character may be cut: an incremental decoder leaves it out.
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return {
        "text": decoder.decode(head).removeprefix("\ufeff"),
        "encoding": encoding,
        "truncated": blob.size > len(head),
    }


def encoding_of(blob: Blob) -> str:
    return text_encoding(read_head(blob, HEAD)) or "utf-8"


def read_head(blob: Blob, length: int) -> bytes:
    try:
        return b"".join(store().read(blob.key, 0, min(length, blob.size)))
    except Missing:
        raise NotFound from None
