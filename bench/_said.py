"""Millions of messages with their index, for somebody who is in 300 of 180,000 conversations.

The sentences are made and cut into words here, some thousands of them; PostgreSQL spreads them.
"""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session
from steps import ROOT

from zzd import clock
from zzd.identity.models import Account
from zzd.messaging.search.index import as_tsvector
from zzd.messaging.search.words import load_dictionary, tokens
from zzd.orgtree.audiences import path_segment, resolve
from zzd.orgtree.in_use import put_in_use
from zzd.orgtree.models import Official, Post, Unit

SENTENCES = 100_000
GROUPS, AUDIENCES, CONVERSATIONS = 200, 100, 180_000
# Of all messages, what is said in the groups and to the audiences one is in: they are busy ones.
IN_GROUPS, IN_AUDIENCES = 0.006, 0.014

TEMPLATES = [
    "{u}收到，马上落实",
    "请{u}立即组织转移危险区域人员{n}人，重点是低洼地带群众",
    "已到{u}现场，水位{n}厘米，持续上涨",
    "{u}网格员巡查完毕，未发现险情",
    "台风{t}预计{h}时登陆，请{u}做好防御准备",
    "{u}已转移{n}人，安置点{h}个",
    "各单位：{d}召开视频调度会，请主要负责人参加",
    "{u}山塘水库泄洪，下游村注意",
    "{u}停电{n}户，供电所正在抢修",
    "渔船全部回港，{u}共{n}艘",
    "{u}地质灾害隐患点{n}处，已派人值守",
    "{d}到{u}检查安全生产",
    "养老服务补贴名单请{u}核对",
    "防汛抗旱指挥部：{u}启动应急响应",
    "{u}卫生院疫苗接种{n}人次",
    "请{u}加快项目进度，本周完成投资{n}万元",
    "会议纪要已发{u}，请查收",
    "电话打不通，{u}值班员换人了吗",
]

SPREAD = """
CREATE TEMP TABLE said AS
SELECT g AS id, CASE
    WHEN r < :in_groups THEN 1 + floor(p * :groups)
    WHEN r < :in_groups + :in_audiences THEN 1 + :groups + floor(p * :audiences)
    ELSE 1 + :groups + :audiences + floor(p * p * (:conversations - :groups - :audiences))
  END::bigint AS conversation_id,
  1 + floor(random() * :sentences)::int AS sentence, 1 + floor(random() * 1000)::int AS sender_id,
  now() - interval '120 days' + g * (interval '120 days' / :messages) AS created_at, 0::bigint AS seq
FROM (SELECT g, random() AS r, random() AS p FROM generate_series(1, :messages) AS g) AS drawn
"""
MESSAGES = """
INSERT INTO message (id, conversation_id, seq, sender_id, client_id, fingerprint, sender_name,
                     sender_title, sender_unit, text, created_at)
SELECT said.id, conversation_id, row_number() OVER (PARTITION BY conversation_id ORDER BY said.id),
       sender_id, 's' || said.id, '', '陈海波', '值班员', '石塘镇', sentence.text, created_at
FROM said JOIN sentence ON sentence.id = said.sentence
"""
ENTRIES = """
INSERT INTO search_entry (message_id, conversation_id, seq, sender_id, kind, created_at, words)
SELECT m.id, m.conversation_id, m.seq, m.sender_id, 'text', m.created_at, sentence.words
FROM message m JOIN said ON said.id = m.id JOIN sentence ON sentence.id = said.sentence ORDER BY m.id
"""


def sentences(count: int) -> Iterator[str]:
    """Sentences of one or two clauses; the first templates are said the most."""
    drawn = random.Random(20190810)
    with gzip.open(ROOT / "data/orgtree/zhejiang_units.csv.gz", "rt", encoding="utf-8") as file:
        units = [row["name"] for row in csv.DictReader(file)]
    weights = [1 / (n + 1) for n in range(len(TEMPLATES))]
    for _ in range(count):
        clauses = drawn.choices(TEMPLATES, weights, k=drawn.choice((1, 1, 2)))
        yield "。".join(
            clause.format(
                u=drawn.choice(units[:2000] if drawn.random() < 0.7 else units),
                n=drawn.randint(1, 999),
                h=drawn.randint(1, 23),
                t=drawn.choice(("利奇马", "利奇马", "烟花", "灿都", "轩岚诺")),
                d=drawn.choice(("今天", "明天", "周五", "下午三时")),
            )
            for clause in clauses
        )


def build(engine: Engine, messages: int) -> Iterator[str]:
    """Fill an empty database; yields what was done."""
    with Session(engine) as session, session.begin():
        _people(session)
    sizes = {
        "messages": messages,
        "groups": GROUPS,
        "audiences": AUDIENCES,
        "conversations": max(CONVERSATIONS * messages // 3_600_000, 2 * (GROUPS + AUDIENCES)),
        "in_groups": IN_GROUPS,
        "in_audiences": IN_AUDIENCES,
        "sentences": SENTENCES,
    }
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TEMP TABLE sentence (id serial PRIMARY KEY, text text, words tsvector)")
        )
        copied = connection.connection.cursor().copy("COPY sentence (text, words) FROM STDIN")  # type: ignore[attr-defined]
        with copied as copy, ProcessPoolExecutor(initializer=load_dictionary) as pool:
            for row in pool.map(_with_words, sentences(SENTENCES), chunksize=500):
                copy.write_row(row)
        yield f"{SENTENCES:,} sentences cut into words"
        for setting in (
            "statement_timeout = 0",
            "maintenance_work_mem = '1GB'",
            "work_mem = '256MB'",
        ):
            connection.execute(text(f"SET LOCAL {setting}"))
        connection.execute(text(CONVERSATIONS_OF), sizes)
        connection.execute(text(SPREAD), sizes)
        connection.execute(text("ANALYZE said"))
        _ease_checks(connection)
        # An index is made in a fraction of the time that it takes to keep it.
        indexes = list(connection.execute(text(INDEXES)))
        for name, _ in indexes:
            connection.execute(text(f"DROP INDEX {name}"))
        connection.execute(text(MESSAGES))
        yield f"{messages:,} messages"
        connection.execute(text(ENTRIES))
        yield f"{messages:,} messages and their words"
        connection.execute(text(LAST), sizes)
        connection.execute(text(FOLLOWED))
        for name, definition in indexes:
            connection.execute(text(definition))
            yield name
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))


INDEXES = r"""
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename IN ('message', 'search_entry') AND indexname LIKE 'ix\_%'
"""


def _with_words(said: str) -> tuple[str, str]:
    return said, as_tsvector(tokens(said))


def _ease_checks(connection: Connection) -> None:
    """The rows refer to what was just written: where we may, spare looking that up."""
    if connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")):
        connection.execute(text("SET LOCAL session_replication_role = replica"))


CONVERSATIONS_OF = """
INSERT INTO conversation (id, kind, name, audience_id, members, last_seq, activity_at, changed_at,
                          created_at, sender_id, client_id, fingerprint)
SELECT g, CASE WHEN audience.id IS NULL THEN 'group' ELSE 'org_group' END, '工作群' || g, audience.id,
       CASE WHEN audience.id IS NULL THEN 2 END, 0, now(), now(), now(), 1, 'c' || g, ''
FROM generate_series(1, :conversations) AS g
LEFT JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM audience) AS audience
       ON audience.n = g - :groups
"""
LAST = """
WITH last AS (SELECT conversation_id, max(seq) AS seq FROM message GROUP BY 1),
     numbered AS (UPDATE conversation SET last_seq = last.seq FROM last
                  WHERE conversation.id = last.conversation_id)
INSERT INTO participation (conversation_id, official_id, role, first_seq, read_seq, changed_at)
SELECT g, 1, 'member', 1, 0, now() FROM generate_series(1, :groups) AS g
"""
FOLLOWED = """
UPDATE search_progress SET message_id = (SELECT max(id) FROM message),
                           next_message_id = (SELECT max(id) FROM message)
"""


def _people(session: Session) -> None:
    """One town, and in it the one who searches; the others only have numbers."""
    unit = Unit(code="331081100", name="石塘镇", level=1, parent_id=None, path=path_segment(1))
    session.add(unit)
    session.flush()
    official = Official(name="陈海波", phone="13800000000", staff_no="bench")
    session.add(official)
    session.flush()
    session.add(
        Post(
            official_id=official.id,
            unit_id=unit.id,
            line_code="flood_control",
            title="值班员",
            role="duty_officer",
            is_primary=True,
        )
    )
    session.add(
        Account(username="bench", password_hash="", official_id=official.id, created_at=clock.now())
    )
    made = 0
    for levels in range(32):
        for line in (None, "flood_control"):
            for role in (None, "duty_officer"):
                if made < AUDIENCES:
                    others = [level for level in range(2, 7) if levels & 1 << level - 2]
                    audience = resolve(
                        session, unit_id=unit.id, levels=[1, *others], line=line, role=role
                    )
                    put_in_use(session, audience)
                    made += 1
