"""What the people of the sample talk in and have said: groups, direct talks, announcements."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, cycle, islice

from zzd.orgtree.audiences import LEVELS, levels_mask
from zzd.sample.people import FLOOD, SEED, TAIZHOU, SampleOfficial
from zzd.sample.tree import SampleUnit, Tree

CONVERSATION_COLUMNS = (
    "id",
    "kind",
    "name",
    "audience_id",
    "direct_key",
    "members",
    "last_seq",
    "activity_at",
    "changed_at",
    "created_at",
    "sender_id",
    "client_id",
    "fingerprint",
)
PARTICIPATION_COLUMNS = (
    "conversation_id",
    "official_id",
    "role",
    "first_seq",
    "read_seq",
    "changed_at",
)
MESSAGE_COLUMNS = (
    "id",
    "conversation_id",
    "seq",
    "sender_id",
    "client_id",
    "fingerprint",
    "sender_name",
    "sender_title",
    "sender_unit",
    "text",
    "created_at",
)
AUDIENCE_COLUMNS = ("id", "unit_id", "levels", "line", "role")

PROVINCE = "33"
# Where townships have a group with their villages.
CHAINS = (TAIZHOU, "330327127")
PLATFORM = ("sysadmin", "secadmin", "auditadmin", "developer", "county_admin", "province")

# Said in turn by the owner and the members of a group.
TALK = (
    "各位值班员，台风“利奇马”预计明天傍晚前后登陆，请保持通讯畅通。",
    "收到。",
    "收到，值班电话已安排专人值守。",
    "请核对本辖区危险区域人员名单，转移工作听指令。",
    "名单已核对完毕，正在逐户通知。",
)
ORG_TALK = ("台州市防汛条线全体值班人员：请于今晚八时前完成在岗情况自查。",)
ANNOUNCED = (
    "省防指启动防台风Ⅳ级应急响应，请各地加强值班值守。",
    "请各级值班员保持手机畅通，收到指令后及时签收。",
)
ADMINISTRATORS_TALK = (
    "安置点登记应用准备上线，请各位按职责审核。",
    "账号已创建。",
    "权限已授予。",
    "审计记录正常。",
)
DIRECT_TALKS = (
    (
        "province",
        "city",
        ("台州市防御准备情况怎么样？", "各县市区已到岗到位，正在检查海塘和水库。"),
    ),
    ("city", "county", ("请温岭关注沿海乡镇渔船回港。", "收到，石塘、松门渔船正在回港。")),
    ("county", "township", ("石塘镇回港渔船有多少艘？", "目前已回港大部分，稍后报准确数字。")),
    ("township", "village", ("海利村需要转移的人员通知到了吗？", "都通知到了，安置点也打扫好了。")),
    ("village", "group", ("第一小组还有没有独居老人没转移？", "还有两户，我这就去接。")),
    ("sysadmin", "developer", ("安置点登记应用请补充权限说明。", "好的，今天补充后重新提交。")),
    (
        "other_county",
        "other_township",
        ("霞关镇三澳村的海塘检查了吗？", "检查过了，没有发现隐患。"),
    ),
)
# How many there are beside the groups that are asked for.
BESIDE_GROUPS = 2 + len(DIRECT_TALKS)
GROUP_SIZES = (5, 8, 12, 20, 30, 45, 60, 100)
GROUP_NAMES = ("工作群", "联络群", "值班群", "通知群")
# How often a unit comes in a round of groups: towns and counties talk more than villages.
GROUPS_A_ROUND = {1: 100, 2: 100, 3: 100, 4: 100, 5: 1, 6: 1}
LARGEST_GROUP = 500
# Of so many officials, by id, it is known what they are called: enough to let somebody speak.
SPEAKERS = 10_000


@dataclass(frozen=True, slots=True)
class SampleConversation:
    """People by id, the owner first; ``said`` are the messages, each with who said it."""

    id: int
    kind: str
    name: str | None
    people: Sequence[int]
    said: Sequence[tuple[int, str]] = ()
    audience_id: int | None = None


@dataclass
class Circle:
    """What conversations need to know of the people placed: who is where, in the fewest words."""

    demo: dict[str, int] = field(default_factory=dict)
    # Ids of officials by id of their unit: flood control's, and everybody's.
    on_duty: dict[int, list[int]] = field(default_factory=dict)
    everybody: dict[int, list[int]] = field(default_factory=dict)
    speakers: dict[int, SampleOfficial] = field(default_factory=dict)

    def add(self, official: SampleOfficial) -> None:
        self.everybody.setdefault(official.unit.id, []).append(official.id)
        if official.line == FLOOD:
            self.on_duty.setdefault(official.unit.id, []).append(official.id)
        if official.id <= SPEAKERS:
            self.speakers[official.id] = official


def audiences(tree: Tree) -> list[tuple[int, int, int, str, str]]:
    """Rows of the audiences that the sample uses: Taizhou's flood control, and the province."""
    return [
        (
            1,
            tree.by_code[TAIZHOU].id,
            levels_mask(level for level in LEVELS if level >= 2),
            FLOOD,
            "",
        ),
        (2, tree.by_code[PROVINCE].id, levels_mask(LEVELS), "", ""),
    ]


def invent_conversations(tree: Tree, circle: Circle, groups: int) -> Iterator[SampleConversation]:
    """Those of an audience, the direct talks, and then ``groups`` groups with named members."""
    province, city = circle.demo["province"], circle.demo["city"]
    yield SampleConversation(1, "org_group", "台州市防汛条线", [city], _said([city], ORG_TALK), 1)
    yield SampleConversation(
        2, "announcement", "全省防汛防台公告", [province], _said([province], ANNOUNCED), 2
    )
    number = 2
    for one, other, words in DIRECT_TALKS:
        number += 1
        pair = [circle.demo[one], circle.demo[other]]
        yield SampleConversation(number, "direct", None, pair, _said(pair, words))
    for name, people, texts in islice(_groups(tree, circle), groups):
        number += 1
        yield SampleConversation(number, "group", name, people, _said(people, texts))


def _said(people: Sequence[int], texts: Sequence[str]) -> list[tuple[int, str]]:
    return list(zip(cycle(people), texts, strict=False))


def _groups(tree: Tree, circle: Circle) -> Iterator[tuple[str, list[int], Sequence[str]]]:
    """Name, people, what is said; first the chains of flood control, then more without end."""
    yield (
        "平台管理群",
        [circle.demo[name] for name in ("province_admin", *PLATFORM)],
        ADMINISTRATORS_TALK,
    )
    children: dict[int, list[SampleUnit]] = {}
    for unit in tree.units:
        if unit.level <= 5 and unit.parent_id:
            children.setdefault(unit.parent_id, []).append(unit)
    for unit in tree.units:
        if unit.level > 4 or (unit.level == 4 and not unit.code.startswith(CHAINS)):
            continue
        own = circle.on_duty.get(unit.id, [])
        below = [id_ for child in children[unit.id] for id_ in circle.on_duty.get(child.id, [])]
        # Those placed first come first: they are known by name and can speak.
        people = (own[:1] + sorted(own[1:] + below))[:LARGEST_GROUP]
        if own and below and all(id_ in circle.speakers for id_ in people[: len(TALK)]):
            yield f"{unit.name}防汛值班群", people, TALK
    yield from _ever_more_groups(tree, circle)


def _ever_more_groups(tree: Tree, circle: Circle) -> Iterator[tuple[str, list[int], Sequence[str]]]:
    """Groups within a unit, of many sizes and silent: a load, not a picture."""
    chance = random.Random(SEED)  # noqa: S311
    for round_ in count(1):
        for unit in tree.units:
            pool = circle.everybody.get(unit.id, [])
            if len(pool) < 2:
                continue
            for nth in range(GROUPS_A_ROUND[unit.level]):
                size = min(len(pool), chance.choice(GROUP_SIZES))
                start = chance.randrange(len(pool) - size + 1)
                name = f"{unit.name}{GROUP_NAMES[nth % len(GROUP_NAMES)]}{round_}-{nth + 1}"
                yield name, pool[start : start + size], ()


@dataclass(slots=True)
class Rows:
    """The rows of a batch of conversations, as the tables want them."""

    at: datetime
    next_message_id: int = 1
    conversations: list[tuple[object, ...]] = field(default_factory=list)
    participations: list[tuple[object, ...]] = field(default_factory=list)
    messages: list[tuple[object, ...]] = field(default_factory=list)

    def add(self, talk: SampleConversation, speakers: dict[int, SampleOfficial]) -> None:
        begun = self.at - timedelta(hours=3)
        last_seq = len(talk.said)
        last_at = begun + timedelta(minutes=5 * last_seq)
        named = talk.audience_id is None
        direct_key = None
        if talk.kind == "direct":
            direct_key = ":".join(str(id_) for id_ in sorted(talk.people))
        self.conversations.append(
            (
                talk.id,
                talk.kind,
                talk.name,
                talk.audience_id,
                direct_key,
                len(talk.people) if named else None,
                last_seq,
                last_at,
                last_at,
                begun,
                talk.people[0],
                f"sample-{talk.id}",
                "sample",
            )
        )
        own_seq = {id_: seq for seq, (id_, _) in enumerate(talk.said, start=1)}
        for nth, id_ in enumerate(talk.people):
            role = None if talk.kind == "direct" else "member" if nth else "owner"
            # Whoever spoke has read so far; of the others, every third has read it all.
            read = last_seq if nth % 3 == 0 else own_seq.get(id_, 0)
            self.participations.append((talk.id, id_, role, 1, read, last_at))
        for seq, (id_, words) in enumerate(talk.said, start=1):
            speaker = speakers[id_]
            self.messages.append(
                (
                    self.next_message_id,
                    talk.id,
                    seq,
                    id_,
                    f"sample-{self.next_message_id}",
                    "sample",
                    speaker.name,
                    speaker.title,
                    speaker.unit.name,
                    words,
                    begun + timedelta(minutes=5 * seq),
                )
            )
            self.next_message_id += 1
