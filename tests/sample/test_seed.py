"""The sample: what it holds, that it is the same each time, and that its people can sign in."""

from __future__ import annotations

import hashlib
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import SampleCopy
from tests.databases import blank_database, settings_for
from zzd import create_app
from zzd.db import database
from zzd.identity.models import Account, AccountGrant
from zzd.messaging.models import Conversation, Message, Participation
from zzd.orgtree.models import Line, Official, OfficialTerm, Post, Unit, UnitTerm, UnitVersion
from zzd.sample.commands import demo_accounts, seed
from zzd.sample.demo import DEMO_ACCOUNTS
from zzd.sample.people import invent_officials
from zzd.sample.tree import read_tree

ROLES = {
    *("official", "issuer", "unit_admin", "app_developer"),
    *("system_admin", "security_admin", "audit_admin"),
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def sample_app(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    copy_of_sample: SampleCopy,
) -> Iterator[Flask]:
    """An application on the whole sample."""
    with copy_of_sample(request.param, tmp_path_factory.mktemp("copy")) as url:
        app = create_app(settings_for(url))
        with app.app_context():
            yield app
            database().engine.dispose()


@pytest.fixture
def session(sample_app: Flask) -> Iterator[Session]:
    with database().reading() as reading:
        yield reading


def run(command: Any, *arguments: str) -> str:
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def listed_accounts() -> list[dict[str, Any]]:
    accounts: list[dict[str, Any]] = json.loads(run(demo_accounts, "--json"))
    return accounts


def count(session: Session, model: Any, *conditions: Any) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def test_the_tree_is_zhejiangs_with_two_groups_below_every_village(session: Session) -> None:
    levels = select(Unit.level, func.count()).group_by(Unit.level)
    assert dict(map(tuple, session.execute(levels))) == {
        1: 1,
        2: 11,
        3: 90,
        4: 1_387,
        5: 25_547,
        6: 51_094,
    }
    assert count(session, UnitVersion) == 78_130
    assert count(session, Line) == 12
    village, *groups = session.execute(
        select(Unit.code, Unit.name).where(Unit.code.like("331081105262%")).order_by(Unit.code)
    ).all()
    assert village.name == "海利村委会"
    assert [tuple(group) for group in groups] == [
        ("331081105262001", "第一小组"),
        ("331081105262002", "第二小组"),
    ]


def test_paths_and_terms_are_those_that_the_tree_would_give_itself(session: Session) -> None:
    broken = text(
        "SELECT count(*) FROM unit u LEFT JOIN unit p ON p.id = u.parent_id WHERE "
        "substr(u.path, 1, length(u.path) - 5) <> coalesce(p.path, '') "
        "OR length(u.path) <> 5 * u.level OR substr(u.code, 1, length(p.code)) <> p.code"
    )
    assert session.scalar(broken) == 0
    assert count(session, UnitTerm, UnitTerm.term.in_(("^台州市", "^tzs"))) >= 2
    assert count(session, OfficialTerm) > 4 * count(session, Official)


def test_about_six_thousand_officials_densest_in_taizhou(session: Session) -> None:
    assert count(session, Official) == 6_000
    assert count(session, Account) == 6_000
    assert count(session, Post) > 6_500
    assert staffed(session, "33", 2, "leader", "deputy", "duty_officer") == 11
    assert staffed(session, "33", 3, "leader", "deputy", "duty_officer") == 90
    assert staffed(session, "33", 4, "duty_officer") == 1_387
    assert staffed(session, "3310", 4, "leader", "duty_officer") == 136
    assert staffed(session, "3310", 5, "duty_officer") == 3_429
    primary = select(func.count()).where(Post.is_primary)
    assert session.scalar(primary) == 6_000


def staffed(session: Session, code: str, level: int, *roles: str) -> int:
    """How many units of a level have all these roles of flood control."""
    path = session.scalars(select(Unit.path).where(Unit.code == code)).one()
    with_all = (
        select(Unit.id)
        .join(Post, Post.unit_id == Unit.id)
        .where(Unit.path >= path, Unit.path < path + "~", Unit.level == level)
        .where(Post.line_code == "flood_control", Post.role.in_(roles))
        .group_by(Unit.id)
        .having(func.count(Post.role.distinct()) == len(roles))
    )
    return session.scalar(select(func.count()).select_from(with_all.subquery())) or 0


def test_demo_accounts_cover_every_level_duty_and_right(sample_app: Flask) -> None:
    accounts = listed_accounts()
    assert {account["level"] for account in accounts} == {1, 2, 3, 4, 5, 6}
    assert {account["role"] for account in accounts} == ROLES
    assert {account["duty"] for account in accounts} == {
        *("leader", "deputy"),
        *("duty_officer", "member"),
    }
    table = run(demo_accounts)
    for account in accounts:
        assert account["username"] in table
        assert account["what"] in table
        assert account["name"] in table


def test_the_storys_chain_runs_from_the_province_to_a_group(sample_app: Flask) -> None:
    codes = {account["username"]: account["unit_code"] for account in listed_accounts()}
    chain = [codes[name] for name in ("province", "city", "county", "township", "village", "group")]
    assert [len(code) for code in chain] == [2, 4, 6, 9, 12, 15]
    assert all(below.startswith(above) for above, below in itertools.pairwise(chain))
    assert not codes["other_county"].startswith("3310")


@pytest.mark.parametrize("demo", DEMO_ACCOUNTS, ids=lambda demo: demo.username)
def test_a_demo_account_signs_in_and_finds_a_conversation(
    sample_app: Flask, session: Session, demo: Any
) -> None:
    account = next(one for one in listed_accounts() if one["username"] == demo.username)
    anonymous = ApiClient(sample_app)
    body = {"username": account["username"], "password": account["password"]}
    signed_in = anonymous.post("/sessions", body)
    me = ApiClient(sample_app, token=signed_in["token"]).get("/me")
    assert me["official"]["name"] == account["name"]
    assert me["post"]["unit"]["code"] == account["unit_code"]
    assert len(me["posts"]) == (2 if demo.second else 1)
    roles = {grant["role"] for grant in me["grants"]}
    assert roles == ({demo.role} - {"official"})
    client = ApiClient(sample_app, token=signed_in["token"])
    mine = client.get("/conversations")["items"]
    named = [one for one in mine if one["kind"] in ("direct", "group")]
    assert named
    conversation = named[0]
    messages = client.get(f"/conversations/{conversation['id']}/messages")["items"]
    assert [message["seq"] for message in messages] == [*range(1, conversation["last_seq"] + 1)]


def test_the_province_finds_its_plan_and_what_it_wants_at_the_highest_level(
    sample_app: Flask,
) -> None:
    account = next(one for one in listed_accounts() if one["username"] == "province")
    body = {key: account[key] for key in ("username", "password")}
    client = ApiClient(sample_app, ApiClient(sample_app).post("/sessions", body)["token"])
    (plan,) = client.get("/plans")["items"]
    assert (plan["kind"], plan["example"], plan["may"]["write"]) == ("typhoon", True, True)
    assert plan["version"]["by"]["name"] == account["name"]
    (event,) = client.get("/events")["items"]
    proposal = client.get(f"/events/{event['id']}/proposal", level=1)
    assert proposal["plan"]["id"] == plan["id"]
    assert [item["action"] for item in proposal["items"]] == ["issue"] * 8
    assert all(item["reach"]["units"] for item in proposal["items"])
    # What is written by it later has an id of its own.
    (example,) = client.get("/plans/examples")["items"]
    assert client.post("/plans", example)["id"] == "2"


def test_an_ordinary_official_signs_in_with_the_staff_number(
    sample_app: Flask, session: Session
) -> None:
    username = session.scalars(select(Account.username).order_by(Account.id.desc())).first()
    password = listed_accounts()[0]["password"]
    ApiClient(sample_app).post("/sessions", {"username": username, "password": password})


def test_conversations_add_up(session: Session) -> None:
    """last_seq, members and read marks say what the messages and memberships are."""
    messages = dict(
        map(
            tuple,
            session.execute(
                select(Message.conversation_id, func.count()).group_by(Message.conversation_id)
            ),
        )
    )
    people = dict(
        map(
            tuple,
            session.execute(
                select(Participation.conversation_id, func.count()).group_by(
                    Participation.conversation_id
                )
            ),
        )
    )
    kinds = set()
    for talk in session.scalars(select(Conversation)):
        kinds.add(talk.kind)
        assert talk.last_seq == messages.get(talk.id, 0)
        assert talk.members == (people[talk.id] if talk.audience_id is None else None)
    assert kinds == {"direct", "group", "org_group", "announcement"}
    assert count(session, Conversation, Conversation.kind == "group") == 240
    assert count(session, Participation, Participation.read_seq < 0) == 0
    overread = count(
        session,
        Participation,
        Participation.conversation_id == Conversation.id,
        Participation.read_seq > Conversation.last_seq,
    )
    assert overread == 0


def test_what_is_created_afterwards_gets_ids_of_its_own(sample_app: Flask) -> None:
    accounts = {one["username"]: one for one in listed_accounts()}
    body = {key: accounts["province"][key] for key in ("username", "password")}
    client = ApiClient(sample_app, ApiClient(sample_app).post("/sessions", body)["token"])
    other = client.get("/officials", q=accounts["county"]["name"])["items"][0]
    talk = client.post(
        "/conversations", {"kind": "group", "name": "会商", "official_ids": [other["id"]]}
    )
    client.post(f"/conversations/{talk['id']}/messages", {"text": "请上线", "client_id": "1"})


def test_seeding_twice_is_refused_or_skipped_at_once(sample_app: Flask) -> None:
    assert CliRunner().invoke(seed).exit_code == 1
    # Of this thread alone, whatever else the machine does.
    started = time.thread_time()
    assert run(seed, "--if-empty") == ""
    assert time.thread_time() - started < 1


def test_the_sample_is_the_same_each_time() -> None:
    tree = read_tree()

    def digest() -> str:
        people = [
            (one.name, one.title, one.unit.code, one.second_title)
            for one in invent_officials(tree, 2_000)
        ]
        return hashlib.sha256(repr(people).encode()).hexdigest()

    assert digest() == digest()
    names = [official.name for official in invent_officials(tree, 2_000)]
    assert len(set(names)) > 1_500
    assert names[:500] == [official.name for official in invent_officials(tree, 500)]


def test_a_small_sample_holds_the_demo_accounts(tmp_path: Path) -> None:
    with blank_database("sqlite", tmp_path) as url:
        app = create_app(settings_for(url))
        with app.app_context():
            run(seed, "--officials", str(len(DEMO_ACCOUNTS)), "--groups", "3")
            assert len(listed_accounts()) == len(DEMO_ACCOUNTS)
            with database().reading() as session:
                assert count(session, Official) == len(DEMO_ACCOUNTS)
                assert count(session, AccountGrant) == 9
            database().engine.dispose()


def test_a_seed_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    with blank_database("sqlite", tmp_path) as url:
        environment = {
            "ZZD_DATABASE_URL": url,
            "ZZD_SECRET_KEY": "x" * 40,
            "ZZD_VAR": str(tmp_path),
        }
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "zzd"), "seed"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        for line in process.stdout:
            if "The index" in line:
                break
        process.kill()
        process.wait()
        process.stdout.close()
        with create_app(settings_for(url)).app_context():
            with database().reading() as session:
                assert count(session, Unit) == 0
                assert count(session, Official) == 0
            database().engine.dispose()
