"""What messages are found by: pure functions from texts to terms, and from queries to terms.

Chinese has no blanks, and two texts cut the same phrase differently. So the index holds every
pair of neighbouring characters with its place, and the dictionary (jieba) decides two things: how
a query falls into words that need not stand together, and which pairs of a text lie within a
word. A pair that only arises where two words meet (和服 in 产品和服务) is *weak*: it is found, but
after all that is strong.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

# Query words beyond these do not count.
MOST_TERMS = 12
LONGEST_TERM = 64
# PostgreSQL keeps positions up to 16383; who writes more is found by the beginning.
MOST_TOKENS = 16_000
LONGEST_TOKEN = 40
# From so many characters on a Latin word or a number is also found by its beginning.
SHORTEST_BEGINNING = 3

_HAN = "\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LATIN = rf"[^\W_{_HAN}]"
_RUNS = re.compile(rf"(?P<han>[{_HAN}]+)|{_LATIN}+")
_PIECES = re.compile(rf"(?P<han>[{_HAN}]+)|{_LATIN}+(?:-+{_LATIN}+)*")
_QUOTED = re.compile(r'["“”„‟«»「」]([^"“”„‟«»「」]*)["“”„‟«»「」]')
# Words that say nothing by themselves: no query insists on them, and jieba is right about them.
_PARTICLES = frozenset("的了着过和与及或在是为对从向到被把将也都就又而之其于以吗呢吧啊呀请各等")


@dataclass(frozen=True, slots=True)
class Token:
    """A pair of characters, a last character, or a Latin word, and where it stands."""

    text: str
    position: int
    strong: bool
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Normal:
    """A text as it is compared: ``text[i]`` came from the original's ``origin[i]``-th character.

    White space is " ", other characters between words are "-".
    """

    text: str
    origin: Sequence[int]


@lru_cache(maxsize=1 << 16)
def _fold(char: str) -> str:
    """One width, one case, no accents."""
    decomposed = unicodedata.normalize("NFKD", char).casefold()
    kept = [part for part in decomposed if not unicodedata.category(part).startswith("M")]
    if char.isspace():
        return " "
    return "".join(part if part.isalnum() else "-" for part in kept)


def normalise(text: str) -> Normal:
    parts = [_fold(char) for char in text]
    origin: Sequence[int] = range(len(text))
    if any(len(part) != 1 for part in parts):
        origin = [index for index, part in enumerate(parts) for _ in part]
    return Normal("".join(parts), origin)


@cache
def _dictionary() -> Any:
    """Loaded at its first use: it takes a second and 25 MB."""
    import rjieba

    return rjieba.Jieba()


def load_dictionary() -> None:
    """Have the dictionary at hand before anybody waits for it."""
    _cut("词典")


def _cut(run: str) -> list[str]:
    words: list[str] = _dictionary().cut(run)
    return words


def tokens(text: str) -> list[Token]:
    """What the index holds of a text, in its order."""
    return list(_tokens(normalise(text).text, known=True))[:MOST_TOKENS]


def _tokens(normal: str, *, known: bool) -> Iterator[Token]:
    position, end = 0, 0
    for match in _RUNS.finditer(normal):
        run, position = match.group(), position + (match.start() > end)
        end = match.end()
        if not match["han"]:
            yield Token(run[:LONGEST_TOKEN], position, strong=True)
            position += 1
            continue
        weak = _weak_pairs(run) if known else ()
        for index in range(len(run) - 1):
            yield Token(run[index : index + 2], position + index, strong=index not in weak)
        position += len(run)
        yield Token(run[-1], position - 1, strong=True)


def _weak_pairs(run: str) -> set[int]:
    """Where pairs begin that join the end of one word to the beginning of another.

    Only words of the dictionary count: of a name that it cuts into pieces every pair is strong.
    """
    weak, end, before = set(), 0, ""
    for word in _cut(run):
        if before and _is_apart(before, word):
            weak.add(end - 1)
        end, before = end + len(word), word
    return weak


def _is_apart(before: str, after: str) -> bool:
    sure = [len(word) > 1 and _dictionary().has_word(word) for word in (before, after)]
    return all(sure) or (any(sure) and (before in _PARTICLES or after in _PARTICLES))


def parse(q: str) -> dict[str, bool]:
    """The terms of a query, each a normalised text that must stand somewhere as it is, and
    whether it was quoted.

    Whatever somebody types is a query; of mere punctuation there is no term.
    """
    quoted = [normalise(phrase).text for phrase in _QUOTED.findall(q)]
    terms = {_trimmed(phrase): True for phrase in quoted if _RUNS.search(phrase)}
    for chunk in normalise(_QUOTED.sub(" ", q)).text.split():
        for word in _words(chunk):
            terms.setdefault(_trimmed(word), False)
    return dict(list(terms.items())[:MOST_TERMS])


def as_one_term(q: str) -> str:
    """A query taken as it is, for names; empty for mere punctuation."""
    return _trimmed(normalise(q).text)


def _trimmed(term: str) -> str:
    return re.sub(r"[ -]+", "-", term).strip("-")[:LONGEST_TERM].strip("-")


def _words(chunk: str) -> list[str]:
    """A chunk without blanks in words. A number belongs to the word behind it: 3号楼, 12级."""
    words: list[str] = []
    for match in _PIECES.finditer(chunk):
        if not match["han"]:
            words.append(match.group())
            continue
        cut = _joined(_cut(match.group()))
        if words and chunk[match.start() - 1].isdigit() and cut:
            words[-1] += cut.pop(0)
        words += cut
    return words


def _joined(cut: list[str]) -> list[str]:
    """Words without the particles; a single character stays with the word before it (石塘镇,
    网格员), or behind it (林海波): alone it says too little."""
    words: list[str] = []
    closed = True
    for word in cut:
        if word in _PARTICLES:
            closed = True
        elif words and not closed and (len(word) == 1 or len(words[-1]) == 1):
            words[-1] += word
        else:
            words.append(word)
            closed = False
    return words or ["".join(cut)]


@dataclass(frozen=True, slots=True)
class Query:
    """The terms of what somebody typed, as the index and as a text's reader look for them."""

    terms: tuple[str, ...]
    quoted: frozenset[str] = frozenset()

    @classmethod
    def of(cls, q: str) -> Query:
        terms = parse(q)
        return cls(tuple(terms), frozenset(term for term in terms if terms[term]))

    def __bool__(self) -> bool:
        return bool(self.terms)

    def phrases(self) -> list[list[Token]]:
        """Of each term the tokens that follow each other in a text that holds it, strong ones
        if it is looked for as a word: what is quoted may well be several."""
        return [
            [replace(token, strong=term not in self.quoted) for token in _phrase(term)]
            for term in self.terms
        ]

    def ranges_by_term(self, text: str) -> list[list[tuple[int, int]]]:
        """Of each term where it stands in a text, in code points; empty where it does not."""
        normal = normalise(text)
        return [
            [
                (normal.origin[match.start()], normal.origin[match.end() - 1] + 1)
                for match in _pattern(term).finditer(normal.text)
            ]
            for term in self.terms
        ]


def _phrase(term: str) -> list[Token]:
    """The last character of a pair is not asked for again; alone, it begins a pair or ends a
    text, so it is asked for as a beginning."""
    found = list(_tokens(term, known=False))
    before, last = found[-2:-1], found[-1]
    paired = before and before[0].position == last.position - 1 and _is_han(before[0].text)
    if paired and _is_han(last.text):
        return found[:-1]
    prefix = _is_han(last.text) or len(last.text) >= SHORTEST_BEGINNING
    return [*found[:-1], replace(last, prefix=prefix)]


def _is_han(token: str) -> bool:
    match = _RUNS.match(token)
    return match is not None and match["han"] is not None


@lru_cache(maxsize=1024)
def _pattern(term: str) -> re.Pattern[str]:
    first, last = _phrase(term)[0], _phrase(term)[-1]
    before = rf"(?<!{_LATIN})" if re.match(_LATIN, first.text) else ""
    after = "" if last.prefix or not re.match(_LATIN, last.text) else rf"(?!{_LATIN})"
    return re.compile(before + "[ -]+".join(map(re.escape, term.split("-"))) + after)


def merge(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same places, ascending and without overlaps."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
