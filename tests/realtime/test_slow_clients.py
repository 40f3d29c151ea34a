"""Clients that do not read, at a real server: bounded, closed with a reason, nobody else's trouble."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.realtime.wires import RawSocket
from tests.servers import Person, ServerProcess, wait_until
from zzd.realtime.frames import TRY_AGAIN_LATER

SMALL = 4096
TEXT = "汛" * 1900


def memory_kib(server: ServerProcess) -> int:
    status = Path(f"/proc/{server.worker}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def make_group(owner: Person, member: Person) -> str:
    body = {"kind": "group", "name": "群", "official_ids": [member.id]}
    return f"/conversations/{owner.post('/conversations', body)['id']}/messages"


def test_a_hundred_that_do_not_read_are_closed_and_the_others_notice_nothing(
    server: ServerProcess, owner: Person, member: Person
) -> None:
    path = make_group(owner, member)
    owner.listen()
    with ExitStack() as stack:
        slow = [
            stack.enter_context(RawSocket(server.port, receive_buffer=SMALL)) for _ in range(100)
        ]
        for each in slow:
            each.join(member.token)
        before = memory_kib(server)
        delays, most = [], 0
        for number in range(120):
            if number == 80:
                # Over 256 KiB and what the kernel takes, for each of them: who reads at last finds
                # out why, after what was on its way. They have five seconds for it.
                assert slow[0].closed_with() == (
                    TRY_AGAIN_LATER,
                    "too slow: connect again and catch up",
                )
            begin = time.monotonic()
            owner.post(path, {"text": TEXT})
            owner.wait_for("message.created", 20)
            delays.append(time.monotonic() - begin)
            most = max(most, memory_kib(server) - before)
        assert sorted(delays)[len(delays) // 2] < 1
        # Their bound is 25 MiB together, and that of one message is shared by all of them.
        assert most < 40_000
        _all_are_gone(slow[1:])
        _comes_back(server, owner, member, path)


def _all_are_gone(slow: list[RawSocket]) -> None:
    for each in slow:
        each.closed_with()


def _comes_back(server: ServerProcess, owner: Person, member: Person, path: str) -> None:
    with RawSocket(server.port) as again:
        again.join(member.token)
        assert len(member.get(path, limit=200)["items"]) == 120
        sent = owner.post(path, {"text": "还在"})
        assert again.event()["data"]["id"] == sent["id"]


def test_a_slow_reader_gets_everything_in_order(
    server: ServerProcess, owner: Person, member: Person
) -> None:
    path = make_group(owner, member)
    with RawSocket(server.port, receive_buffer=SMALL) as slow:
        slow.join(member.token)
        # More than the kernel takes, less than the bound.
        for _ in range(45):
            owner.post(path, {"text": TEXT})
        time.sleep(0.5)
        seqs = []
        while len(seqs) < 45:
            event = slow.event()
            if event["type"] == "message.created":
                seqs.append(event["data"]["seq"])
        assert seqs == list(range(1, 46))


def test_a_frame_of_100_megabytes_is_refused_before_it_is_kept(
    server: ServerProcess, member: Person
) -> None:
    with RawSocket(server.port) as large:
        large.join(member.token)
        before = memory_kib(server)
        large.socket.sendall(b"\x81\xff" + (100_000_000).to_bytes(8, "big") + bytes(4))
        stop = threading.Event()
        pouring = threading.Thread(target=_pour, args=[large, stop])
        pouring.start()
        try:
            code, reason = large.closed_with() or (0, "")
        finally:
            stop.set()
            pouring.join(10)
        assert (code, reason) == (1009, "messages are at most 65536 bytes")
        assert memory_kib(server) - before < 4_000


def _pour(large: RawSocket, stop: threading.Event) -> None:
    try:
        while not stop.is_set():
            large.socket.sendall(bytes(65_536))
    except OSError:
        return


def test_whoever_vanishes_is_forgotten(server: ServerProcess, owner: Person) -> None:
    def sockets() -> set[str]:
        """By what the kernel calls them: those of tests before this one may end meanwhile."""
        files = Path(f"/proc/{server.worker}/fd").iterdir()
        found = set()
        for each in files:
            with suppress(FileNotFoundError):
                found.add(os.readlink(each))
        return {name for name in found if name.startswith("socket:")}

    before = sockets()
    gone: list[RawSocket] = [RawSocket(server.port) for _ in range(20)]
    for each in gone:
        each.join(owner.token)
    theirs = sockets() - before
    assert len(theirs) >= 20
    ends: list[Callable[[], None]] = [each.socket.close for each in gone]
    for end in ends:
        end()
    # The owner's own may be among them.
    wait_until(lambda: len(theirs & sockets()) <= 2, 20, "their sockets are closed")
