"""The rows of a whole province's conversations, written by PostgreSQL itself.

180,000 groups hold 7.2 million memberships and 3.6 million messages at full scale; nothing of it
passes through Python. Sizes of groups are skewed (5 to 501 people), neighbours in the tree are in
groups together, and every 200 groups share one busy official, who is in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, text

OFFICIALS, GROUPS = 1_230_000, 180_000
GROUPS_OF_THE_BUSY = 200
# Their mean is 39; with the few of LARGE it becomes 40.
SIZES = (5, 8, 12, 20, 30, 45, 60, 132)
LARGE, SHARE_OF_LARGE = 500, 0.002
MEAN_MESSAGES = 20
# Of the province, how many have read the announcement.
SHARE_OF_READERS = 0.6

SHORT = (
    "收到。",
    "收到，马上落实。",
    "好的。",
    "已办结。",
    "明白，请放心。",
    "正在核实，稍后反馈。",
)
LONG = (
    "{unit}已转移危险区域群众{n}人，无人员伤亡。",
    "{unit}值班员在岗，水位{n}厘米，未超警戒。",
    "请{unit}于今晚{h}时前上报在建工地停工情况，共{n}处。",
    "{unit}安置点已开放{n}个床位，食品和饮用水充足。",
    "渔船回港进度：{unit}已回港{n}艘，其余预计{h}时前到港。",
    "{unit}山塘水库巡查完毕，发现隐患{n}处，已安排专人值守。",
    "通知：{unit}防汛会商会议改在{h}时召开，请准时参加。",
    "{unit}地质灾害隐患点{n}户居民全部撤离，道路已封控。",
    "请{unit}核对独居老人和低保户名单，缺{n}人联系方式。",
    "{unit}变电站积水已排除，停电{n}户恢复供电。",
    "{unit}小流域山洪预警，{h}时降雨量{n}毫米，请加密巡查。",
    "{unit}农业农村部门统计受灾面积{n}亩，正在组织抢收早稻。",
    "{unit}医疗救护队待命，储备药品可用{n}天。",
    "关于{unit}社区矛盾纠纷调解，本周受理{n}件，办结率百分之百。",
    "{unit}垃圾分类检查结果已发群文件，整改点位{n}处。",
    "{unit}企业复工复产走访{n}家，用工需求已汇总。",
    "请{unit}组织党员干部参加志愿服务，名额{n}人，{h}时集合。",
    "{unit}道路塌方抢通中，抢险机械{n}台已到位。",
    "{unit}学校停课通知已送达家长{n}人。",
    "{unit}高速收费站{h}时起管制，请提醒群众绕行。",
    "{unit}河长制巡河记录{n}条，水质稳定在三类。",
    "{unit}景区已关闭，劝返游客{n}人。",
    "上级督查组{h}时到{unit}，请准备台账{n}份。",
    "{unit}应急物资仓库清点：沙袋{n}只、冲锋舟两艘、发电机三台。",
)

# Whoever has a primary post, in the order of the tree: neighbours have neighbouring numbers.
SEATS = """
CREATE TEMP TABLE seat AS
SELECT row_number() OVER (ORDER BY u.path, p.id) - 1 AS n, o.id, o.name, p.title, u.name AS unit
FROM post p JOIN unit u ON u.id = p.unit_id JOIN official o ON o.id = p.official_id
WHERE p.is_primary AND p.ended_at IS NULL AND o.status = 'active'
"""

PLAN = """
CREATE TEMP TABLE plan AS
SELECT g, :first + g AS id, busy, floor(random() * seats)::bigint AS start,
       (ARRAY[1, 1, 1, 3, 17])[1 + floor(random() * 5)::int] AS stride,
       CASE WHEN g = 0 THEN 5 WHEN g = 1 OR random() < :share_of_large THEN :large
            ELSE (CAST(:sizes AS int[]))[1 + floor(random() * :choices)::int] END AS size,
       1 + floor(-(:mean - 1) * ln(1 - random()))::int AS last_seq,
       now() - random() * interval '30 days' AS activity_at
FROM (SELECT g, (SELECT count(*) FROM seat) AS seats,
             (g % :busy_people) * ((SELECT count(*) FROM seat) / :busy_people) AS busy
      FROM generate_series(0, :groups - 1) AS g) AS numbered
"""

CONVERSATIONS = """
INSERT INTO conversation (id, kind, name, members, last_seq, activity_at, changed_at, created_at,
                          sender_id, client_id, fingerprint)
SELECT plan.id, 'group', seat.unit || '工作群' || g, size + 1, last_seq, activity_at, activity_at,
       activity_at - interval '90 days', seat.id, 'province-' || g, 'sample'
FROM plan JOIN seat ON seat.n = plan.start ORDER BY plan.id
"""

MEMBERS = """
INSERT INTO participation (conversation_id, official_id, role, first_seq, read_seq, changed_at)
SELECT plan.id, seat.id, CASE WHEN k = 0 THEN 'owner' ELSE 'member' END, 1,
       CASE WHEN random() < 0.6 THEN last_seq ELSE floor(random() * last_seq)::int END,
       activity_at
FROM plan CROSS JOIN LATERAL generate_series(0, size) AS k
JOIN seat ON seat.n = CASE WHEN k = size THEN busy
                           ELSE (start + k * stride) % (SELECT count(*) FROM seat) END
WHERE plan.g >= :low AND plan.g < :high
ON CONFLICT DO NOTHING
"""

COUNTED = """
UPDATE conversation SET members = counted.members
FROM (SELECT conversation_id, count(*) AS members FROM participation
      WHERE conversation_id > :first GROUP BY conversation_id) AS counted
WHERE conversation.id = counted.conversation_id AND conversation.members <> counted.members
"""

MESSAGES = """
INSERT INTO message (conversation_id, seq, sender_id, client_id, fingerprint, sender_name,
                     sender_title, sender_unit, text, created_at)
SELECT said.id, seq, seat.id, 'province-' || said.id || '-' || seq, 'sample', seat.name,
       seat.title, seat.unit,
       replace(replace(replace(words, '{unit}', seat.unit), '{n}', (1 + floor(random() * 900))::text),
               '{h}', (6 + floor(random() * 17))::text),
       activity_at - (last_seq - seq) * interval '37 minutes'
FROM (SELECT plan.*, seq,
             CASE WHEN random() < 0.3
                  THEN (CAST(:short AS text[]))[1 + floor(random() * :shorts)::int]
                  ELSE (CAST(:long AS text[]))[1 + floor(random() * :longs)::int] END AS words,
             (start + floor(random() * size)::int * stride) % (SELECT count(*) FROM seat) AS n
      FROM plan CROSS JOIN LATERAL generate_series(1, last_seq) AS seq
      WHERE plan.g >= :low AND plan.g < :high) AS said
JOIN seat ON seat.n = said.n
ORDER BY said.id, seq
"""

# Whoever has read the province's announcement left a row; the others did not.
READERS = """
INSERT INTO participation (conversation_id, official_id, first_seq, read_seq, changed_at)
SELECT (SELECT min(id) FROM conversation WHERE kind = 'announcement'), seat.id, 1, 2, now()
FROM seat WHERE random() < :share ON CONFLICT DO NOTHING
"""

# Every county and township keeps an audience in use, with its org group.
AUDIENCES = """
WITH used AS (
    INSERT INTO audience (unit_id, levels, line, role)
    SELECT id, CAST((1 << 7) - (1 << level) AS smallint), '', ''
    FROM unit WHERE level IN (2, 3, 4) AND status = 'active'
    ON CONFLICT DO NOTHING RETURNING id, unit_id
)
INSERT INTO conversation (kind, name, audience_id, last_seq, activity_at, changed_at, created_at,
                          sender_id, client_id, fingerprint)
SELECT 'org_group', unit.name || '全体', used.id, 0, now(), now(), now(),
       (SELECT min(id) FROM official), 'province-org-' || used.id, 'sample'
FROM used JOIN unit ON unit.id = used.unit_id
"""

SEQUENCES = """
SELECT setval(pg_get_serial_sequence('conversation', 'id'), (SELECT max(id) FROM conversation))
"""

STEPS = 20


def write_conversations(connection: Connection, groups: int) -> Iterator[str]:
    """Write all of it; yields what was done, step by step. The sample's officials are there."""
    first = connection.scalar(text("SELECT max(id) + 1 FROM conversation")) or 1
    busy_people = max(groups // GROUPS_OF_THE_BUSY, 1)
    run = _runner(connection)
    run("SELECT setseed(0.2019)")
    run(SEATS)
    run("CREATE UNIQUE INDEX ON seat (n)")
    run("ANALYZE seat")
    yield "officials in the order of the tree"
    run(AUDIENCES)
    # The ids of the groups follow those that the org groups took.
    first = connection.scalar(text("SELECT max(id) + 1 FROM conversation")) or 1
    run(
        PLAN,
        first=first,
        groups=groups,
        busy_people=busy_people,
        share_of_large=SHARE_OF_LARGE,
        large=LARGE,
        sizes=list(SIZES),
        choices=len(SIZES),
        mean=MEAN_MESSAGES,
    )
    run("ANALYZE plan")
    run(CONVERSATIONS)
    yield "groups"
    for low in range(0, groups, groups // STEPS or 1):
        high = low + (groups // STEPS or 1)
        run(MEMBERS, low=low, high=high)
        yield f"memberships of {min(high, groups):,} groups"
        run(
            MESSAGES,
            low=low,
            high=high,
            short=list(SHORT),
            shorts=len(SHORT),
            long=list(LONG),
            longs=len(LONG),
        )
        yield f"messages of {min(high, groups):,} groups"
    run(COUNTED, first=first - 1)
    run(READERS, share=SHARE_OF_READERS)
    run(SEQUENCES)
    yield "readers of the announcement"


def _runner(connection: Connection) -> Callable[..., None]:
    def run(statement: str, **parameters: object) -> None:
        connection.execute(text(statement), parameters)
        # Each step by itself: a transaction of 11 million rows keeps everything it touched.
        connection.commit()

    return run
