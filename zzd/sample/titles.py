"""What the people of the sample are called: their names and the titles of their posts."""

from __future__ import annotations

import random
from itertools import accumulate

from faker.providers.person.zh_CN import Provider

# Who a line works for at province, city and county ("{}" is 市, 县 or 区), township, village.
# A group has no offices: there, people are responsible for something.
DEPARTMENTS = {
    "flood_control": ("省防指办", "{}防指办", "防汛防台办", "村防汛工作组"),
    "emergency": ("省应急管理厅", "{}应急管理局", "应急管理站", "村应急工作组"),
    "water": ("省水利厅", "{}水利局", "水利站", "村水利组"),
    "public_security": ("省公安厅", "{}公安局", "派出所", "村警务室"),
    "transport": ("省交通运输厅", "{}交通运输局", "交通管理站", "村道路养护组"),
    "natural_resources": ("省自然资源厅", "{}自然资源局", "自然资源所", "村地质灾害巡查组"),
    "agriculture": ("省农业农村厅", "{}农业农村局", "农业农村办", "村农技服务点"),
    "housing": ("省住房和城乡建设厅", "{}住房和城乡建设局", "村镇建设办", "村危房巡查组"),
    "civil_affairs": ("省民政厅", "{}民政局", "民政办", "村民政服务点"),
    "health": ("省卫生健康委", "{}卫生健康局", "卫生院", "村卫生室"),
    "education": ("省教育厅", "{}教育局", "中心校", "村文化礼堂"),
    "party_affairs": ("省委组织部", "{}委组织部", "党群办", "村党组织"),
}
IN_A_GROUP = {
    "flood_control": "防汛联络员",
    "emergency": "应急联络员",
    "water": "河道巡查员",
    "public_security": "治安联络员",
    "transport": "道路养护员",
    "natural_resources": "地质灾害巡查员",
    "agriculture": "农技员",
    "housing": "危房巡查员",
    "civil_affairs": "民政联络员",
    "health": "健康联络员",
    "education": "文化联络员",
    "party_affairs": "党小组长",
}
HEADS = {"厅": "厅长", "局": "局长", "部": "部长", "委": "主任", "站": "站长", "所": "所长"}
MEMBERS = {
    1: ("一级主任科员", "三级主任科员", "四级主任科员", "科员"),
    2: ("二级主任科员", "四级主任科员", "科员"),
    3: ("四级主任科员", "一级科员", "科员"),
    4: ("干事", "工作人员", "助理"),
    5: ("成员", "联络员"),
}

SURNAMES = list(Provider.last_names)
SURNAME_WEIGHTS = list(accumulate(Provider.last_names.values()))
GIVEN = (list(Provider.first_names_male), list(Provider.first_names_female))
ONE_CHARACTER = tuple([name for name in names if len(name) == 1] for names in GIVEN)


def invent_name(chance: random.Random) -> str:
    """A surname as frequent as in life; two given names in three are of two characters."""
    surname: str = chance.choices(SURNAMES, cum_weights=SURNAME_WEIGHTS)[0]
    gender = chance.randrange(2)
    given: str = chance.choice(GIVEN[gender])
    if len(given) == 1 and chance.random() < 0.67:
        given += chance.choice(ONE_CHARACTER[gender])
    return surname + given


def title_of(chance: random.Random, *, level: int, unit_name: str, line: str, role: str) -> str:
    """The title of a post, such as 市防指办值班员 or 水利站站长."""
    if level == 6:
        return "小组长" if role == "leader" else IN_A_GROUP[line]
    department = DEPARTMENTS[line][0 if level == 1 else max(level - 2, 1)]
    department = department.format(unit_name[-1] if unit_name[-1] in "市县区" else "县")
    if role == "duty_officer":
        return f"{department}值班员"
    if role == "member":
        return f"{department}{chance.choice(MEMBERS[level])}"
    head = HEADS.get(department[-1], "组长" if department.endswith("组") else "主任")
    return f"{department}{'副' if role == 'deputy' else ''}{head}"
