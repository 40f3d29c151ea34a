"""Files of messages that go out later are there when their time comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import SignedIn
from tests.messaging.conftest import MEMBER, OWNER, MakeGroup
from tests.messaging.files.conftest import Upload
from zzd import clock
from zzd.messaging.files import collection
from zzd.messaging.files.rules import UNSENT_FOR
from zzd.messaging.scheduled import sending

FAR = timedelta(days=200)
Schedule = Callable[[str, timedelta], dict[str, Any]]


@pytest.fixture
def group(group: MakeGroup) -> dict[str, Any]:
    return group(MEMBER, by=OWNER)


@pytest.fixture
def schedule(as_: SignedIn, group: dict[str, Any]) -> Schedule:
    def make(file_id: str, ahead: timedelta) -> dict[str, Any]:
        made: dict[str, Any] = as_(OWNER).post(
            f"/conversations/{group['id']}/scheduled",
            {
                "kind": "file",
                "text": "",
                "content": {"files": [{"id": file_id}]},
                "at": (clock.now() + ahead).isoformat(),
            },
        )
        return made

    return make


def purged(after: timedelta) -> int:
    with clock.at(clock.now() + after):
        return collection.purge_expired()


def test_a_file_waits_for_the_message_that_carries_it(
    as_: SignedIn, group: dict[str, Any], upload: Upload, schedule: Schedule
) -> None:
    made = schedule(upload(b"hello")["id"], FAR)
    assert purged(FAR) == 0
    with clock.at(clock.now() + FAR + timedelta(minutes=1)):
        sending.send_due()
    assert as_(OWNER).get(f"/scheduled/{made['id']}")["state"] == "sent"
    [message] = as_(MEMBER).get(f"/conversations/{group['id']}/messages")["items"]
    assert message["content"]["files"][0]["name"] == "报告.txt"
    assert purged(2 * FAR) == 0


def test_a_file_of_a_cancelled_message_goes_as_any_that_was_not_sent(
    as_: SignedIn, upload: Upload, schedule: Schedule
) -> None:
    made = schedule(upload(b"hello")["id"], FAR)
    as_(OWNER).delete(f"/scheduled/{made['id']}")
    assert purged(UNSENT_FOR - timedelta(hours=1)) == 0
    assert purged(UNSENT_FOR + timedelta(hours=1)) == 1


def test_a_file_that_another_message_waits_with_stays(
    as_: SignedIn, upload: Upload, schedule: Schedule
) -> None:
    file_id = upload(b"hello")["id"]
    made, _other = schedule(file_id, FAR), schedule(file_id, FAR / 2)
    as_(OWNER).delete(f"/scheduled/{made['id']}")
    assert purged(FAR / 2) == 0
    assert purged(FAR / 2 + UNSENT_FOR + timedelta(hours=1)) == 1


def test_a_file_follows_its_message_to_another_time(
    as_: SignedIn, upload: Upload, schedule: Schedule
) -> None:
    made = schedule(upload(b"hello")["id"], timedelta(hours=1))
    later = (clock.now() + FAR).isoformat()
    as_(OWNER).patch(f"/scheduled/{made['id']}", {"at": later})
    assert purged(FAR) == 0
    other = upload(b"other")["id"]
    as_(OWNER).patch(f"/scheduled/{made['id']}", {"content": {"files": [{"id": other}]}})
    assert purged(FAR) == 1
