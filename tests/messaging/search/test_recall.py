"""What people type finds what was said, and nothing else, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.conftest import SignedIn
from tests.messaging.conftest import MEMBER
from tests.messaging.search.conftest import texts
from tests.messaging.search.sentences import ACROSS, QUOTED, SAID, WANTED


def test_every_query_finds_its_sentences_and_no_others(
    as_: SignedIn, spoken: Callable[..., dict[str, Any]]
) -> None:
    spoken(*SAID)
    reader = as_(MEMBER)
    wrong = {}
    for q, wanted in [*WANTED, *QUOTED, *ACROSS]:
        found = {SAID.index(text) for text in texts(reader, q, limit=50)}
        if found != wanted:
            wrong[q] = {"missed": wanted - found, "too much": found - wanted}
    assert wrong == {}


def test_every_part_of_a_sentence_finds_it(
    as_: SignedIn, spoken: Callable[..., dict[str, Any]]
) -> None:
    """However differently the part is cut from the whole: four characters from anywhere."""
    spoken(*SAID[:8])
    reader = as_(MEMBER)
    for text in SAID[:8]:
        for start in range(0, len(text) - 4, 3):
            part = text[start : start + 4]
            if part.isalnum() and not part[0].isascii() and not part[-1].isascii():
                assert text in texts(reader, part), part
                assert texts(reader, f'"{part}"') == [text], part


def test_words_come_before_characters_that_only_meet(
    as_: SignedIn, spoken: Callable[..., dict[str, Any]]
) -> None:
    spoken("她穿着和服来了", "产品和服务质量检查", "和服展览周五开始", "新产品和服务上线")
    found = ["和服展览周五开始", "她穿着和服来了", "新产品和服务上线", "产品和服务质量检查"]
    assert texts(as_(MEMBER), "和服") == found
