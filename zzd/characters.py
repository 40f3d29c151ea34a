"""Which characters people's words may hold."""

from __future__ import annotations

import unicodedata

# Control characters and line breaks, halves of characters, and what has no shape of its own but
# hides or turns round what has one: with those a name passes for another.
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def is_text(text: str) -> bool:
    """Whether it can be stored and sent: no NUL, no half of a character."""
    return "\x00" not in text and not any(0xD800 <= ord(char) <= 0xDFFF for char in text)


def has_hidden(text: str) -> bool:
    """Whether a name or a table's cell holds more than one sees."""
    return any(unicodedata.category(char) in HIDDEN for char in text)
