"""What the page calls, all on its own origin, with a token that it holds in memory."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from zzd_sdk import Launches, Unreachable, ZzdError
from zzd_sdk.launch import UnknownLaunch
from zzd_sdk.settings import SettingsError

from apps.shelters import sample
from apps.shelters.forms import check_shelter
from apps.shelters.platform import Unit, Visitor, code_of, recognise
from apps.shelters.settings import Settings
from apps.shelters.store import STATES, NameTaken, Position, Store

PAGE_SIZE = 100
LARGEST_ID = 2**53

blueprint = Blueprint("api", __name__, url_prefix="/api")

DETAILS = {
    "platform_unreachable": (502, "暂时连不上协同平台，请稍后重试"),
    "credentials_refused": (502, "应用凭据无效，请联系管理员"),
    "launch_refused": (401, "身份确认没有通过，请重新打开应用"),
    "launch_unknown": (401, "打开过程已过期，请重新打开应用"),
    "not_signed_in": (401, "登录已过期"),
    "not_permitted": (403, "只有本单位及上级乡镇的人员可以修改这个安置点"),
    "not_found": (404, "没有这个安置点"),
    "invalid": (422, "请检查填写的内容"),
    "name_taken": (409, "本单位已有同名的安置点"),
    "changed_meanwhile": (409, "这个安置点刚刚被其他人更新"),
}


class Refusal(Exception):
    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code, self.more = code, more


@blueprint.app_errorhandler(Refusal)
def answer_refusal(refusal: Refusal) -> ResponseReturnValue:
    status, detail = DETAILS[refusal.code]
    return jsonify({"code": refusal.code, "detail": detail, **refusal.more}), status


@blueprint.app_errorhandler(UnknownLaunch)
def answer_unknown_launch(_error: UnknownLaunch) -> ResponseReturnValue:
    return answer_refusal(Refusal("launch_unknown"))


@blueprint.app_errorhandler(ZzdError)
@blueprint.app_errorhandler(Unreachable)
def answer_platform_error(error: ZzdError | Unreachable) -> ResponseReturnValue:
    return answer_refusal(Refusal(code_of(error)))


@blueprint.app_errorhandler(SettingsError)
def answer_settings_error(error: SettingsError) -> ResponseReturnValue:
    current_app.logger.error("%s", error)
    return answer_refusal(Refusal("credentials_refused"))


@blueprint.post("/launches")
def start_launch() -> ResponseReturnValue:
    """What the page asks the client for a code with; the verifier stays here."""
    return _launches().begin(), 201


@blueprint.post("/visits")
def start_visit() -> ResponseReturnValue:
    """Exchange the code for who it stands for, and give the page a token of our own."""
    body = _body()
    identity = _launches().finish(str(body.get("code")), str(body.get("state")))
    client = _launches().client.as_(identity.access_token)
    visitor = recognise(client, identity)
    if _settings().sample:
        sample.fill_county(_store(), client, visitor)
    token, seconds = _store().start_visit(visitor)
    return {"token": token, "expires_in": seconds, **_describe_visitor(visitor)}, 201


@blueprint.get("/shelters")
def list_shelters() -> ResponseReturnValue:
    visitor = _visitor()
    rows = _store().list_shelters(
        visitor,
        q=request.args.get("q", "")[:60].strip(),
        state=request.args.get("state", ""),
        after=_after(request.args.get("after", "")),
        limit=PAGE_SIZE,
    )
    shown = rows[:PAGE_SIZE]
    return {
        "items": [_describe(row, visitor) for row in shown],
        "next": _place(shown[-1]) if len(rows) > PAGE_SIZE else None,
        "totals": _store().totals(visitor.scope),
    }


@blueprint.post("/shelters")
def add_shelter() -> ResponseReturnValue:
    visitor, body = _visitor(), _body()
    unit = next((one for one in visitor.writable if one.id == body.get("unit_id")), None)
    if unit is None:
        raise Refusal("not_permitted")
    fields = _checked(body)
    try:
        added = _store().add_shelter(unit, fields, by=visitor.name)
    except NameTaken:
        raise Refusal("name_taken", faults={"name": DETAILS["name_taken"][1]}) from None
    return _describe(_access(added, visitor), visitor), 201


@blueprint.put("/shelters/<int:shelter_id>")
def change_shelter(shelter_id: int) -> ResponseReturnValue:
    """Refused, with the present state, when it was changed since the page read it."""
    visitor, body = _visitor(), _body()
    if not _may_write(_access(shelter_id, visitor), visitor):
        raise Refusal("not_permitted")
    fields, version = _checked(body), body.get("version")
    if type(version) is not int or not 0 < version < LARGEST_ID:
        raise Refusal("invalid", faults={"version": "缺少版本号"})
    try:
        changed = _store().change_shelter(shelter_id, version, fields, by=visitor.name)
    except NameTaken:
        raise Refusal("name_taken", faults={"name": DETAILS["name_taken"][1]}) from None
    present = _describe(_access(shelter_id, visitor), visitor)
    if not changed:
        raise Refusal("changed_meanwhile", present=present)
    return present


def _checked(body: dict[str, Any]) -> dict[str, Any]:
    fields, faults = check_shelter(body)
    if faults:
        raise Refusal("invalid", faults=faults)
    return fields


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _visitor() -> Visitor:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    visitor = _store().visitor_of(token.strip()) if kind.lower() == "bearer" else None
    if visitor is None:
        raise Refusal("not_signed_in")
    return visitor


def _access(shelter_id: int, visitor: Visitor) -> dict[str, Any]:
    """A shelter that the visitor sees; any other does not exist for them."""
    row = _store().get_shelter(shelter_id) if shelter_id < LARGEST_ID else None
    if row is None or not row["chain"].startswith(visitor.scope.chain):
        raise Refusal("not_found")
    return row


def _may_write(row: dict[str, Any], visitor: Visitor) -> bool:
    chain: str = row["chain"]
    return bool(visitor.writable) and chain.startswith(visitor.unit.chain)


def _place(row: dict[str, Any]) -> str:
    return f"{row['is_elsewhere']}|{row['chain']}|{row['id']}"


def _after(text: str) -> Position | None:
    """The place that ``_place`` wrote; the list's beginning for anything else."""
    found = re.fullmatch(r"([01])\|([0-9/]{1,200})\|([0-9]{1,15})", text, re.ASCII)
    return (int(found[1]), found[2], int(found[3])) if found else None


def _describe(row: dict[str, Any], visitor: Visitor) -> dict[str, Any]:
    state = next(name for name in STATES if _is_in(row, name))
    hidden = ("chain", "unit_id", "is_elsewhere")
    return {
        **{name: value for name, value in row.items() if name not in hidden},
        "is_open": bool(row["is_open"]),
        "is_sample": bool(row["is_sample"]),
        "state": state,
        "may_change": _may_write(row, visitor),
    }


def _is_in(row: dict[str, Any], state: str) -> bool:
    if not row["is_open"]:
        return state == "closed"
    return state == ("full" if row["occupied"] >= row["capacity"] else "open")


def _describe_visitor(visitor: Visitor) -> dict[str, Any]:
    def named(unit: Unit) -> dict[str, str]:
        return {"id": unit.id, "name": unit.name}

    return {
        "official": {
            "name": visitor.name,
            "post_title": visitor.post_title,
            "unit": named(visitor.unit),
        },
        "scope": named(visitor.scope),
        "writable": [named(unit) for unit in visitor.writable],
    }


def _settings() -> Settings:
    settings: Settings = current_app.extensions["shelters.settings"]
    return settings


def _store() -> Store:
    store: Store = current_app.extensions["shelters.store"]
    return store


def _launches() -> Launches:
    launches: Launches = current_app.extensions["shelters.launches"]
    return launches
