"""Tables and papers that leave the house: who may take them, and what stands in them."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import unquote

import pypdfium2
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import writing_rows
from tests.tasks.scenes import (
    BOATS,
    CANGNAN,
    DONGHAI,
    HAIMEN,
    MOVED,
    PROVINCE,
    SHITANG,
    SONGMEN,
    TAIZHOU,
    WENLING,
    WENZHOU,
    Scene,
    SignedIn,
    UnitId,
    duty,
)
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.identity.models import Account, AccountGrant
from zzd.tasks.exports import bulletins, paper, rows, tables
from zzd.tasks.exports.words import file_name

FORMULA = '=HYPERLINK("http://x","点我")'
STEPS = "继续滚动排查，\n确保不漏一户一人。"


@pytest.fixture
def exercise(as_: SignedIn, unit_id: UnitId) -> Scene:
    return Scene(as_, unit_id, mode="exercise")


def issue(scene: Scene) -> dict[str, Any]:
    directive = scene.issue(audiences=[scene.all_below(PROVINCE, levels=[3, 4, 5])])
    scene.report(SHITANG, directive, moved=312, boats=7)
    path = scene.path(SONGMEN, directive)
    scene.acknowledge(SONGMEN, directive)
    body = {"figures": {"moved": 5}, "text": FORMULA}
    scene.as_(duty(SONGMEN)).post(f"{path}/reports", body)
    return directive


def take(scene: Scene, directive: dict[str, Any], by: str | None = None, **query: Any) -> Any:
    client = scene.as_(by) if by else scene.issuer
    return client.request(
        "GET", f"/directives/{directive['id']}/export", query_string=query, buffered=True
    )


def name_of(answer: Any) -> str:
    return unquote(answer.headers["Content-Disposition"].split("UTF-8''")[1])


def test_a_table_has_a_row_for_each_unit_and_no_formula(scene: Scene, monkeypatch: Any) -> None:
    monkeypatch.setattr(rows, "PIECE", 5)
    directive = issue(scene)
    answer = take(scene, directive, format="csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    found = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(found) == 12
    by_code = {row["单位代码"]: row for row in found}
    assert by_code[SHITANG]["转移人数（人）"] == "312"
    assert by_code[SHITANG]["县（市、区）"] == "温岭市"
    assert by_code[SHITANG]["签收人"] == "陈石塘（石塘镇值班员）"
    # Nobody reported is no number.
    assert (by_code[DONGHAI]["状态"], by_code[DONGHAI]["转移人数（人）"]) == ("待签收", "")
    assert by_code[SONGMEN]["情况说明"] == f"'{FORMULA}"
    assert {row["性质"] for row in found} == {"实战"}
    assert "演练" not in name_of(answer)


def test_a_workbook_has_the_sums_and_the_units_and_no_formula(exercise: Scene) -> None:
    directive = issue(exercise)
    answer = take(exercise, directive, format="xlsx")
    book = load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["演练-汇总", "演练-明细"]
    assert name_of(answer).startswith("演练-")
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert "f" not in {cell.data_type for cell in cells}
    assert f"'{FORMULA}" in [cell.value for cell in cells]
    for sheet in book:
        assert "演练" in str(sheet["A1"].value)
        assert "演练" in str(sheet.oddHeader.center.text)
    total = next(line for line in book["演练-汇总"].values if line[1] == "合计")
    sums = exercise.rollup(directive)["total"]
    assert total[2:9] == tuple(
        sums[key]
        for key in (
            *("addressed", "delivered", "acknowledged", "reported", "not_reported"),
            *("completed", "overdue"),
        )
    )
    assert total[9:11] == (317, 7)


def test_every_number_of_the_roll_up_is_the_sum_of_a_column(scene: Scene) -> None:
    """By kind of risk and casualties as well; and the workbook's first sheet has them."""
    risks = [{"key": "slope", "name": "地质灾害"}, {"key": "house", "name": "危旧房屋"}]
    directive = scene.issue(SHITANG, SONGMEN, HAIMEN, figures=[{**MOVED, "risks": risks}, BOATS])
    for code, boats, hurt in ((SHITANG, 2, {"dead": 1}), (SONGMEN, None, {"missing": 3})):
        scene.acknowledge(code, directive)
        body = {
            "figures": {"moved": 40, **({"boats": boats} if boats else {})},
            "by_risk": {"moved": {"slope": 30, "house": 4}},
            "casualties": hurt,
        }
        scene.as_(duty(code)).post(f"{scene.path(code, directive)}/reports", body)
    total = scene.rollup(directive)["total"]
    expected = {
        "转移人数（人）": total["figures"]["moved"],
        "转移人数·地质灾害（人）": total["by_risk"]["moved"]["slope"],
        "转移人数·危旧房屋（人）": total["by_risk"]["moved"]["house"],
        "回港渔船（艘）": total["figures"]["boats"],
        "死亡（人）": total["casualties"]["dead"],
        "失踪（人）": total["casualties"]["missing"],
        "受伤（人）": total["casualties"]["injured"],
    }
    assert list(expected.values()) == [80, 60, 8, 2, 1, 3, None]
    text = take(scene, directive, format="csv").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    for heading, number in expected.items():
        given = [int(row[heading]) for row in rows if row[heading]]
        assert (sum(given) if given else None) == number, heading
    book = load_workbook(io.BytesIO(take(scene, directive, format="xlsx").data))
    lines = list(book["汇总"].values)
    sums = dict(zip(lines[1], next(line for line in lines if line[1] == "合计"), strict=True))
    assert {heading: sums[heading] for heading in expected} == expected
    assert set(expected) <= set(list(book["明细"].values)[1])


def test_a_situation_report_says_how_levels_changed_and_what_is_over(scene: Scene) -> None:
    directive = scene.issue(SHITANG)
    path = f"/directives/{directive['id']}"

    def said() -> tuple[list[str], str]:
        body = {"next_steps": "无", "signer": "王某"}
        levels, progress, *_ = scene.issuer.post(f"{path}/bulletins", body)["content"]["sections"]
        return levels["paragraphs"], progress["paragraphs"][1]

    for level in (3, 2):
        change = {"level": level, "reason": f"改为{level}"}
        scene.issuer.post(f"/events/{scene.event['id']}/levels", change)
    levels, progress = said()
    assert levels[0] == "台风利奇马：目前为Ⅱ级应急响应。"
    assert [line.split("浙江省")[1] for line in levels[1:]] == [
        "启动Ⅰ级应急响应。",
        "将Ⅰ级应急响应调整为Ⅲ级应急响应（改为3）。",
        "将Ⅲ级应急响应提升为Ⅱ级应急响应（改为2）。",
    ]
    assert progress.endswith("无超时单位。")
    scene.issuer.post(f"{path}/cancellation", {"reason": "发错了"})
    scene.issuer.post(f"/events/{scene.event['id']}/all-clear", {"reason": "已过"}, status=200)
    levels, progress = said()
    assert levels[0].startswith("台风利奇马：应急响应已于")
    assert progress.endswith("撤销（发错了）。")
    assert "无超时" not in progress


def test_whoever_sees_the_roll_up_takes_it_away_and_that_is_recorded(
    scene: Scene, unit_id: UnitId, session: Session
) -> None:
    directive = issue(scene)
    own = take(scene, directive, duty(WENLING), format="csv")
    assert own.data.decode("utf-8-sig").count("\n") == 1 + 6
    other = {"unit_id": unit_id(CANGNAN), "format": "csv"}
    assert take(scene, directive, duty(WENLING), **other).status_code == 404
    body = {"unit_id": unit_id(CANGNAN), "next_steps": "无", "signer": "王某"}
    path = f"/directives/{directive['id']}/bulletins"
    scene.as_(duty(WENLING)).post(path, body, status=404)
    made = scene.issuer.post(path, body)
    for address in (f"/bulletins/{made['id']}", f"/bulletins/{made['id']}/document"):
        scene.as_(duty(WENLING)).get(address, status=404)
    written = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    kept = [(entry.action, entry.outcome) for entry in written]
    assert kept.count(("directive.export", "done")) == 1
    assert kept.count(("directive.export", "denied")) == 1
    assert kept.count(("bulletin.issue", "done")) == 1
    assert kept.count(("bulletin.print", "denied")) == 1


def test_a_units_reports_are_numbered_by_itself_and_those_above_and_read_by_the_issuer(
    scene: Scene, unit_id: UnitId
) -> None:
    """台州 may issue in 苍南 as well, which is another city's: it reads and does not number."""
    with writing_rows() as session:
        account = session.scalars(select(Account).filter_by(username=duty(TAIZHOU))).one()
        grant = {"role": "issuer", "unit_id": int(unit_id(CANGNAN)), "granted_at": clock.now()}
        session.add(AccountGrant(account_id=account.id, **grant))
    city = scene.as_(duty(TAIZHOU))
    directive = city.post("/directives", scene.body(CANGNAN))
    path = f"/directives/{directive['id']}/bulletins"
    body = {"unit_id": unit_id(CANGNAN), "next_steps": "无", "signer": "王某"}
    city.post(path, body, status=403)
    # Between the two nobody has a part in it, nor has whoever is above the issuer.
    for code in (WENZHOU, PROVINCE, WENLING):
        scene.as_(duty(code)).post(path, body, status=404)
        scene.as_(duty(code)).get(path, status=404, unit_id=unit_id(CANGNAN))
    made = scene.as_(duty(CANGNAN)).post(path, body)
    (listed,) = city.get(path, unit_id=unit_id(CANGNAN))["items"]
    assert (listed["id"], listed["no"]) == (made["id"], 1)
    assert city.get(f"/bulletins/{made['id']}") == made


def text_of(document: bytes) -> list[str]:
    return [text.replace("\r", "").replace("\n", "") for text in pages_of(document)]


def lines_of(document: bytes) -> str:
    return "\n".join(pages_of(document))


def pages_of(document: bytes) -> list[str]:
    pages = pypdfium2.PdfDocument(document)
    try:
        found = []
        for page in pages:
            text = page.get_textpage()
            found.append(text.get_text_range())
            text.close()
            page.close()
        return found
    finally:
        pages.close()


def test_a_situation_report_is_numbered_kept_and_printed(exercise: Scene) -> None:
    directive = issue(exercise)
    path = f"/directives/{directive['id']}/bulletins"
    body = {
        "next_steps": STEPS,
        "signer": "王浙江",
        "copies": ["省应急管理厅", "各设区市防指"],
        "client_id": "first",
    }
    first = exercise.issuer.post(path, body)
    assert exercise.issuer.post(path, body, status=200) == first
    exercise.issuer.post(path, {**body, "signer": "别人"}, status=409)
    # What was issued stays as it was, whatever is reported since.
    exercise.report(WENLING, directive, moved=1_000)
    second = exercise.issuer.post(path, {**body, "client_id": "second"})
    assert [first["no"], second["no"]] == [1, 2]
    assert exercise.issuer.get(f"/bulletins/{first['id']}") == first
    assert first["sha256"] == bulletins.digest(first["content"]) != second["sha256"]
    listed = exercise.issuer.get(path, limit=1)
    assert ([item["no"] for item in listed["items"]], bool(listed["next"])) == ([2], True)

    answer = exercise.issuer.request("GET", f"/bulletins/{first['id']}/document")
    assert answer.mimetype == "application/pdf"
    assert name_of(answer) == "演练-防汛快报-浙江省-第1期.pdf"
    pages = text_of(answer.data)
    assert all("演练文件，非真实险情" in page for page in pages)
    text = "".join(pages)
    for said in (
        *("防汛快报", "第 1 期", "Ⅰ级应急响应", "转移人数317人", "尚有10个单位未反馈"),
        *("温岭市石塘镇东海村", "确保不漏一户一人", "签发：王浙江"),
        *("抄送：省应急管理厅，各设区市防指", first["sha256"]),
    ):
        assert said in text, said
    heads = ("响应级别", "指令执行情况", "转移安置", "伤亡情况", "未报单位", "下一步工作")
    places = [
        text.index(f"{ordinal}、{head}")
        for ordinal, head in zip("一二三四五六", heads, strict=True)
    ]
    assert places == sorted(places)


def test_who_did_not_report_is_named_or_where_they_are_many_counted_by_part(
    scene: Scene, monkeypatch: Any
) -> None:
    directive = issue(scene)
    path, body = f"/directives/{directive['id']}/bulletins", {"next_steps": "无", "signer": "王某"}

    def silent() -> str:
        said: str = scene.issuer.post(path, body)["content"]["sections"][4]["paragraphs"][1]
        return said

    assert silent().count("、") == 9
    monkeypatch.setattr(bulletins, "NAMED_UNITS", 9)
    rows = scene.rollup(directive)["rows"]
    listed = "，".join(f"{row['unit']['name']}{row['not_reported']}个" for row in rows)
    assert silent() == f"其中：{listed}（名单见办理明细表）。"


def test_what_people_wrote_is_printed_as_text_and_nothing_is_fetched(app: Flask) -> None:
    content: dict[str, Any] = {
        "masthead": "防汛快报",
        "exercise": False,
        "issue": "第 1 期",
        "unit": "<b>浙江省</b>",
        "date": "2019年8月9日",
        "title": '<img src="file:///etc/passwd">',
        "as_of": "",
        "sections": [],
        "signer": "王某",
        "copies": [],
    }
    headings = ["单位", "应办", "签收", "反馈", "办结", "超时"]
    row = ["浙江省海洋综合行政执法监督指导中心" * 3, *["10,169", "31,223"] * 2, "0"]
    table = {"headings": headings, "rows": [row], "total": row}
    content["sections"] = [{"title": "", "paragraphs": [], "table": table}]
    document = paper.as_pdf(paper.as_html(content, sha256="0" * 64))
    # However long the names beside it are, a number is not broken in two.
    lines = lines_of(document)
    assert lines.count("10,169") + lines.count("31,223") == 8
    (page,) = text_of(document)
    assert '<img src="file:///etc/passwd">' in page
    assert "演练" not in page
    with_image = "<img src='file:///etc/passwd'>文字"
    assert text_of(paper.as_pdf(with_image)) == ["文字"]


@given(st.text(max_size=8))
def test_no_cell_begins_as_a_formula_and_no_name_leads_elsewhere(text: str) -> None:
    cell = tables.guarded(text)
    assert isinstance(cell, str)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert tables.guarded(-5) == -5
    assert not set(file_name(True, text)) & set('/\\"')
    assert file_name(True, text).startswith("演练-")
