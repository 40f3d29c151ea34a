"""In which characters a document is written: pure.

Warnings come in UTF-8, and from older systems of this country in GB 18030 or the GBK that it goes
on from; UTF-16 every reader of XML has to take. Nothing else is guessed at.
"""

from __future__ import annotations

import codecs
import re

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# By the name that is declared. GB 18030 has every character of those before it in the same place.
DECLARED = {
    **dict.fromkeys(("utf-8", "utf8", "us-ascii"), "utf-8"),
    **dict.fromkeys(("gb18030", "gbk", "gb2312"), "gb18030"),
    "utf-16": "utf-16",
}
DECLARATION = re.compile(r"""<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']""")
# As far as a declaration can reach.
BEGINNING = 200
SAID = "Must be UTF-8, GB18030, or UTF-16 with its mark, and declare what it is"


def as_text(document: bytes) -> str:
    """The document as text that declares UTF-8, whatever it was. Raises ValueError."""
    mark, marked = next(((m, name) for m, name in MARKS if document.startswith(m)), (b"", None))
    body = document[len(mark) :]
    # Up to its end a declaration is the same bytes in all of these but UTF-16.
    beginning = body[: 2 * BEGINNING].decode(marked or "latin-1", errors="replace")[:BEGINNING]
    declared = DECLARATION.match(beginning)
    said = DECLARED.get(declared[1].lower(), "") if declared else marked or "utf-8"
    if said == "" or (marked is not None and not marked.startswith(said)):
        raise ValueError(SAID)
    if said == "utf-16" and marked is None:
        raise ValueError(SAID)
    try:
        text = body.decode(marked or said)
    except UnicodeDecodeError as error:
        raise ValueError(SAID) from error
    if declared is None:
        return text
    return text[: declared.start(1)] + "UTF-8" + text[declared.end(1) :]
