"""Web processes are killed, one after the other and again, while everybody talks."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack, closing

import pytest

from tests.faults.rate import Load, Screen
from tests.organisation import PASSWORD
from tests.servers import Person, ServerProcess, wait_until

OWNER = "331081.leader"
MEMBERS = ("331081100.duty_officer", "331081101.duty_officer")
CONVERSATIONS = 20
RATE, SWALLOWED = 200.0, 0.05
KILLS, EVERY = 15, 4.0
SHOWN_WITHIN = 10.0


@pytest.mark.timeout(400)
def test_a_process_is_killed_every_4_s_under_200_messages_a_second(
    servers: list[ServerProcess],
) -> None:
    """For 60 s; and one in twenty acknowledgements gets lost on its way."""
    load, screens = under_load(servers, lambda: kill_in_turn(servers), rate=RATE)
    assert load.offered >= RATE * KILLS * EVERY
    for screen in screens:
        assert screen.came_back > 1


def under_load(
    servers: list[ServerProcess], fault: Callable[[], float], *, rate: float
) -> tuple[Load, list[Screen]]:
    """Nothing that is acknowledged is lost, doubled, out of number or late. ``fault`` does what
    it does meanwhile, and returns when it was over."""
    urls = [server.url for server in servers]
    with ExitStack() as stack:
        people = [
            stack.enter_context(closing(Person(urls[0], name, PASSWORD)))
            for name in (OWNER, *MEMBERS)
        ]
        ids = [person.id for person in people[1:]]
        conversations = [
            people[0].post(
                "/conversations", {"kind": "group", "name": f"群{n}", "official_ids": ids}
            )["id"]
            for n in range(CONVERSATIONS)
        ]
        screens = [Screen(urls[turn:] + urls[:turn], people[1 + turn]) for turn in (0, 1)]
        for screen in screens:
            stack.callback(screen.stop)
        load = Load(urls, people, conversations, rate=rate, swallowed=SWALLOWED)
        try:
            healed = fault()
        finally:
            load.stop(within=120)
        print(
            f"{load.offered} messages, {load.offered / load.seconds:.0f} a second, "
            f"{load.repeats} sent again; the last was acknowledged "
            f"{max(load.at.values()) - healed:.1f} s after the fault was over"
        )
        assert load.twice == []
        expected: dict[str, set[int]] = defaultdict(set)
        for conversation, seq in load.acknowledged.values():
            assert seq not in expected[conversation], "one number for two messages"
            expected[conversation].add(seq)
        for seqs in expected.values():
            assert sorted(seqs) == list(range(1, len(seqs) + 1))
        for screen in screens:
            wait_until(lambda screen=screen: not screen.missing(expected), 15, "all is shown")
            check(screen, load, healed)
        return load, screens


def kill_in_turn(servers: list[ServerProcess]) -> float:
    """Returns when all were there again."""
    starting: dict[int, threading.Thread] = {}
    began = time.monotonic()
    for number in range(KILLS):
        which = number % len(servers)
        if which in starting:
            starting[which].join(60)
        time.sleep(max(0.0, began + EVERY * (number + 1) - time.monotonic()))
        servers[which].kill()
        starting[which] = threading.Thread(target=servers[which].start)
        starting[which].start()
    for thread in starting.values():
        thread.join(60)
    return time.monotonic()


def check(screen: Screen, load: Load, healed: float) -> None:
    """Each message is there once, and soon after it was acknowledged or the fault was over."""
    late = []
    for key, (conversation, seq) in load.acknowledged.items():
        kept = screen.device.kept[conversation]
        assert kept.texts[seq] == key
        if kept.shown[seq] > max(healed, load.at[key]) + SHOWN_WITHIN:
            late.append(key)
    assert late == []
    assert [kept.doubled for kept in screen.device.kept.values() if kept.doubled] == []
