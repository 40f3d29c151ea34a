"""The audit log: append-only, complete, and it shows if it was touched."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.conftest import SignedIn, Statements
from zzd.audit import log
from zzd.audit.commands import audit as commands
from zzd.audit.models import AuditEntry
from zzd.db import database, transaction
from zzd.errors import Conflict, NotFound

TABLES = ("audit_entry", "audit_head")


def write_entries(count: int) -> None:
    for number in range(1, count + 1):
        with transaction() as session:
            log.append(
                session, "test.act", by=None, object_kind="thing", object_id=number, 数=number
            )


def flaws() -> list[tuple[int, str]]:
    with database().reading() as session:
        return [(flaw.entry_id, flaw.reason) for flaw in log.find_flaws(session)]


def verify() -> tuple[int, str]:
    result = CliRunner().invoke(commands, ["verify"])
    return result.exit_code, result.output


def tamper(*statements: str) -> None:
    """What somebody with the database's owner's rights can do: the triggers stand aside."""
    with database().engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            query = (
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'"
            )
            for name in connection.scalars(text(query)).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()


def test_an_untouched_log_is_intact(app: Flask) -> None:
    exit_code, output = verify()
    assert (exit_code, output) == (0, f"0 entries, intact, last hash {'0' * 64}\n")
    write_entries(5)
    exit_code, output = verify()
    assert exit_code == 0
    assert output.startswith("5 entries, intact, last hash ")


@pytest.mark.parametrize(
    ("touch", "reason"),
    [
        (["UPDATE audit_entry SET outcome = 'denied' WHERE id = 3"], (3, "was changed")),
        (["UPDATE audit_entry SET username = 'somebody' WHERE id = 3"], (3, "was changed")),
        (["""UPDATE audit_entry SET detail = '{"数": 4}' WHERE id = 3"""], (3, "was changed")),
        (["UPDATE audit_entry SET hash = previous_hash WHERE id = 5"], (5, "was changed")),
        (["DELETE FROM audit_entry WHERE id = 1"], (1, "entries 1 to 1 are missing")),
        (["DELETE FROM audit_entry WHERE id IN (2, 3)"], (2, "entries 2 to 3 are missing")),
        (["DELETE FROM audit_entry WHERE id = 5"], (5, "entries 5 to 5 are missing at the end")),
        (["DELETE FROM audit_entry"], (1, "entries 1 to 5 are missing at the end")),
        (
            ["DELETE FROM audit_entry WHERE id = 5", "UPDATE audit_head SET entry_id = 4"],
            (4, "the head of the log does not fit"),
        ),
        (["UPDATE audit_head SET entry_id = 4"], (4, "the head of the log does not fit")),
        (["DELETE FROM audit_head"], (6, "the head of the log is missing")),
        (
            [
                "DELETE FROM audit_entry WHERE id = 3",
                "UPDATE audit_entry SET id = 3 WHERE id = 4",
                "UPDATE audit_entry SET id = 4 WHERE id = 5",
            ],
            (3, "does not follow"),
        ),
    ],
    ids=str,
)
def test_whatever_is_touched_shows(app: Flask, touch: list[str], reason: tuple[int, str]) -> None:
    write_entries(5)
    tamper(*touch)
    found = flaws()
    assert any(id_ == reason[0] and why.startswith(reason[1]) for id_, why in found), found
    exit_code, output = verify()
    assert exit_code == 1
    assert f"entry {reason[0]}: {reason[1]}" in output
    assert "intact" not in output


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET outcome = 'denied' WHERE id = 2",
        "DELETE FROM audit_entry WHERE id = 3",
        "DELETE FROM audit_entry",
        "UPDATE audit_head SET entry_id = 2",
        "UPDATE audit_head SET hash = 'x'",
        "UPDATE audit_head SET id = 2",
        "DELETE FROM audit_head",
        "INSERT INTO audit_head (id, entry_id, hash) VALUES (2, 0, '')",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(app: Flask, statement: str) -> None:
    write_entries(3)
    with (
        database().engine.connect() as connection,
        pytest.raises(DBAPIError, match="append-only"),
    ):
        connection.execute(text(statement))
    assert flaws() == []


@pytest.mark.parametrize("table", TABLES)
def test_postgresql_refuses_to_empty_the_log(app: Flask, table: str) -> None:
    if database().is_sqlite:
        return
    with (
        database().engine.connect() as connection,
        pytest.raises(DBAPIError, match="append-only"),
    ):
        connection.execute(text(f"TRUNCATE {table}"))


def test_what_is_rolled_back_leaves_no_entry_and_no_gap(app: Flask) -> None:
    def act_in_vain() -> None:
        with transaction() as session:
            log.append(session, "test.act", by=None)
            raise Conflict

    write_entries(1)
    with pytest.raises(Conflict):
        act_in_vain()
    write_entries(1)
    assert flaws() == []
    assert verify()[1].startswith("2 entries")


def test_several_acts_of_one_transaction_stand_in_their_order(app: Flask, session: Session) -> None:
    with transaction() as writing:
        for number in range(3):
            log.append(writing, f"test.act{number}", by=None)
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.id, entry.action) for entry in entries] == [
        (1, "test.act0"),
        (2, "test.act1"),
        (3, "test.act2"),
    ]
    assert flaws() == []


def test_what_an_act_says_of_itself_is_kept_whatever_it_is(app: Flask, session: Session) -> None:
    with transaction() as writing:
        log.append(
            writing,
            "test.act",
            by=None,
            object_id="长" * 100,
            deep={"b": [1.0, 0.1, None, True], "a": {"文": "字"}},
            big=2**60,
            kind=NotFound,
        )
    entry = session.scalars(select(AuditEntry)).one()
    assert entry.detail["deep"] == {"a": {"文": "字"}, "b": [1.0, 0.1, None, True]}
    assert entry.object_id == "长" * 64
    assert flaws() == []


def test_eight_threads_write_one_gapless_chain(app: Flask) -> None:
    def write(_number: int) -> None:
        with app.app_context():
            write_entries(20)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert flaws() == []
    assert verify()[1].startswith("160 entries, intact")


# Reading it


def test_an_audit_administrator_reads_it_newest_first(as_: SignedIn) -> None:
    write_entries(5)
    as_("33.leader").get("/audit", status=403)
    reader = as_("audit_admin")
    first = reader.get("/audit", limit=4)
    assert [entry["id"] for entry in first["items"]] == ["6", "5", "4", "3"]
    denial = first["items"][0]
    assert (denial["username"], denial["action"], denial["outcome"]) == (
        "33.leader",
        "access",
        "denied",
    )
    assert denial["object_id"] == "audit.list_audit_entries"
    second = reader.get("/audit", limit=4, cursor=first["next"])
    assert [entry["id"] for entry in second["items"]] == ["2", "1"]
    assert second["next"] is None
    assert second["items"][0]["hash"] == first["items"][-1]["previous_hash"]


def test_it_is_searched_by_action_account_and_outcome(as_: SignedIn) -> None:
    write_entries(3)
    as_("33.leader").get("/audit", status=403)
    reader = as_("audit_admin")
    assert len(reader.get("/audit", action="test.act")["items"]) == 3
    assert reader.get("/audit", action="test")["items"] == []
    denied = reader.get("/audit", outcome="denied")["items"]
    assert len(denied) == 1
    assert reader.get("/audit", account_id=denied[0]["account_id"])["items"] == denied
    assert reader.get("/audit", account_id=denied[0]["account_id"], outcome="done")["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"account_id": "x"},
        {"account_id": "9" * 30},
        {"outcome": "maybe"},
        {"action": "x" * 65},
        {"action": "\x00"},
        {"limit": 1000},
        {"limit": "-1"},
        {"cursor": "not one"},
        {"cursor": "WzEuNV0"},
    ],
    ids=str,
)
def test_a_malformed_query_is_refused(as_: SignedIn, query: dict[str, Any]) -> None:
    assert as_("audit_admin").get("/audit", status=422, **query)["code"] == "invalid"


def test_reading_it_does_not_cost_more_when_it_is_long(
    as_: SignedIn, statements: Statements
) -> None:
    write_entries(30)
    with statements() as seen:
        as_("audit_admin").get("/audit", limit=10)
    reading = [statement for statement in seen if "audit_entry" in statement]
    assert len(reading) == 1
    assert "LIMIT" in reading[0]
