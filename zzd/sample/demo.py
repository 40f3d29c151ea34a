"""The accounts to try ZZD with: at least one for every level, every duty and every right."""

from __future__ import annotations

from dataclasses import dataclass

# One password for every account of the sample, hashed once: it is no secret, and a database
# that holds the sample is no place for real officials.
PASSWORD = "lekima-2019"  # noqa: S105


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Who can be signed in as; ``role`` is the account's right, ``duty`` the post's.

    ``reach`` is the code of the unit over which an issuer or unit administrator has the right.
    """

    username: str
    unit_code: str
    duty: str
    what: str
    line: str = "flood_control"
    role: str = "official"
    reach: str | None = None
    second: tuple[str, str, str] | None = None


PROVINCE, TAIZHOU, WENLING = "33", "3310", "331081"
SHITANG, HAILI = "331081105", "331081105262"
WENZHOU, CANGNAN = "3303", "330327"
NINGBO = "3302"
XIAGUAN, SANAO = "330327127", "330327127207"

DEMO_ACCOUNTS = (
    # The chain of the story: province, city, county, township, village, group.
    DemoAccount(
        "province",
        PROVINCE,
        "duty_officer",
        "省防指办值班员：启动应急响应，向全省下达指令",
        role="issuer",
        reach=PROVINCE,
    ),
    DemoAccount(
        "city",
        TAIZHOU,
        "duty_officer",
        "台州市防指办值班员：向全市下达指令，向下转发",
        role="issuer",
        reach=TAIZHOU,
    ),
    DemoAccount("county", WENLING, "duty_officer", "温岭市防指办值班员：签收、转发、汇总"),
    DemoAccount(
        "township", SHITANG, "duty_officer", "石塘镇防汛值班员：签收、转发、使用安置点应用"
    ),
    DemoAccount("village", HAILI, "duty_officer", "海利村防汛值班员：签收并上报转移人数"),
    DemoAccount("group", f"{HAILI}001", "leader", "海利村第一小组组长：接收村里转发的指令"),
    # Other duties on the same chain.
    DemoAccount("province_leader", PROVINCE, "leader", "省防指办主任"),
    DemoAccount("city_deputy", TAIZHOU, "deputy", "台州市防指办副主任"),
    DemoAccount("county_leader", WENLING, "leader", "温岭市防指办主任"),
    DemoAccount("township_leader", SHITANG, "leader", "石塘镇防汛防台办主任"),
    DemoAccount(
        "two_posts",
        "331081102",
        "duty_officer",
        "一人多岗：松门镇防汛值班员，兼温岭市水利局科员",
        second=(WENLING, "water", "member"),
    ),
    # Another city's chain: may not see what is Taizhou's.
    DemoAccount(
        "other_city",
        WENZHOU,
        "duty_officer",
        "温州市防指办值班员：向全市下达指令，看不到台州市的任务",
        role="issuer",
        reach=WENZHOU,
    ),
    DemoAccount("other_county", CANGNAN, "duty_officer", "苍南县防指办值班员"),
    DemoAccount("other_township", XIAGUAN, "duty_officer", "霞关镇防汛值班员"),
    DemoAccount("other_village", SANAO, "duty_officer", "三澳村防汛值班员"),
    # A third city, for who tries an app as somebody of each.
    DemoAccount("third_city", NINGBO, "duty_officer", "宁波市防指办值班员"),
    # Administrators, each in a post, so that they can be talked to.
    DemoAccount(
        "province_admin",
        PROVINCE,
        "member",
        "全省单位管理员：维护组织树、通讯录，导入导出",
        line="party_affairs",
        role="unit_admin",
        reach=PROVINCE,
    ),
    DemoAccount(
        "county_admin",
        WENLING,
        "member",
        "温岭市单位管理员：只能维护温岭市及以下",
        line="party_affairs",
        role="unit_admin",
        reach=WENLING,
    ),
    DemoAccount(
        "developer",
        PROVINCE,
        "member",
        "应用开发者：注册、提交小程序",
        line="emergency",
        role="app_developer",
    ),
    DemoAccount(
        "sysadmin",
        PROVINCE,
        "member",
        "系统管理员：创建账号，审核小程序",
        line="party_affairs",
        role="system_admin",
    ),
    DemoAccount(
        "secadmin",
        PROVINCE,
        "member",
        "安全管理员：授予和收回权限",
        line="party_affairs",
        role="security_admin",
    ),
    DemoAccount(
        "auditadmin",
        PROVINCE,
        "member",
        "审计管理员：查阅审计日志",
        line="party_affairs",
        role="audit_admin",
    ),
)
