"""Who stands in line, who leads, and what they are told."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from zzd import gathering
from zzd.gathering import Gathering


class Work:
    """Does what is asked, once it may; remembers what came together."""

    def __init__(self, most: int = 100) -> None:
        self.gathering: Gathering[str, str] = Gathering(most)
        self.batches: list[list[str]] = []
        self.may_go = threading.Event()
        self.begun = threading.Event()
        self.pool = ThreadPoolExecutor(16)

    def act(self, items: list[str]) -> list[str]:
        self.batches.append(items)
        self.begun.set()
        assert self.may_go.wait(10)
        if "bad" in items:
            raise ValueError("bad company")
        return [item.upper() for item in items]

    def join(self, item: str, key: str = "one") -> Future[str]:
        """Returns when the item leads or stands in line."""
        before = self.in_line(key)
        joining = self.pool.submit(self.gathering.join, key, item, self.act)
        while self.in_line(key) == before:
            threading.Event().wait(0.001)
        return joining

    def in_line(self, key: str) -> int:
        line = self.gathering._lines.get(key)
        return -1 if line is None else len(line)


def test_the_first_goes_at_once_and_who_comes_meanwhile_goes_together_in_order() -> None:
    work = Work()
    joining = [work.join(item) for item in "abcde"]
    assert work.begun.wait(10)
    assert work.batches == [["a"]]
    work.may_go.set()
    assert [each.result(10) for each in joining] == list("ABCDE")
    assert work.batches == [["a"], ["b", "c", "d", "e"]]
    assert work.gathering._lines == {}


def test_no_more_go_together_than_may() -> None:
    work = Work(most=3)
    joining = [work.join(item) for item in "abcdefgh"]
    work.may_go.set()
    assert [each.result(10) for each in joining] == list("ABCDEFGH")
    assert [len(batch) for batch in work.batches] == [1, 3, 3, 1]


def test_another_key_waits_for_nobody() -> None:
    work = Work()
    one, other = work.join("a"), work.join("b", key="other")
    work.may_go.set()
    assert (one.result(10), other.result(10)) == ("A", "B")
    assert sorted(work.batches) == [["a"], ["b"]]


def test_what_goes_wrong_is_told_to_all_who_went_together_and_to_nobody_else() -> None:
    work = Work(most=3)
    joining = [work.join(item) for item in ("a", "b", "bad", "c", "d")]
    work.may_go.set()
    told: list[str] = []
    for each in joining:
        try:
            told.append(each.result(10))
        except ValueError:
            told.append("refused")
    assert told == ["A", "refused", "refused", "refused", "D"]
    assert work.gathering._lines == {}


class CutShort(threading.Event):
    """Whoever waits for it is interrupted: at once, or when their turn to lead has come."""

    def __init__(self, *, leads: bool) -> None:
        super().__init__()
        self.leads = leads

    def wait(self, timeout: float | None = None) -> bool:
        if self.leads:
            super().wait(10)
        raise InterruptedError


@pytest.mark.parametrize("leads", [False, True])
def test_who_gives_up_waiting_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, leads: bool
) -> None:
    class Place(gathering._Place[str, str]):
        def __init__(self, item: str) -> None:
            super().__init__(item)
            if item == "b":
                self.turn = CutShort(leads=leads)

    monkeypatch.setattr(gathering, "_Place", Place)
    work = Work()
    first = work.join("a")
    if leads:
        second = work.join("b")
    else:
        second = work.pool.submit(work.gathering.join, "one", "b", work.act)
        assert isinstance(second.exception(10), InterruptedError)
    last = work.join("c")
    work.may_go.set()
    assert (first.result(10), last.result(10)) == ("A", "C")
    assert isinstance(second.exception(10), InterruptedError)
    assert work.gathering._lines == {}
    assert work.batches == [["a"], ["c"]]
