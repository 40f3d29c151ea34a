"""Pages that read a conversation without a server: no script, no address outside the archive.

Whatever people wrote goes through ``escape``, attributes included.
"""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file:; media-src 'self' file:"
)
STYLE = """
body{font:15px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;color:#1d2129;
background:#f4f6f9;margin:0 auto;max-width:52rem;padding:1rem}
h1{font-size:1.25rem}nav{display:flex;gap:1rem;margin:1rem 0}a{color:#1456c4}
article{background:#fff;border-radius:8px;padding:.6rem .9rem;margin:.5rem 0;
overflow-wrap:anywhere}
header{color:#5c6470;font-size:.85rem}header b{color:#1d2129;font-size:.95rem}
p{margin:.25rem 0;white-space:pre-wrap}blockquote{margin:.25rem 0;padding-left:.6rem;
border-left:3px solid #c9d1dc;color:#5c6470}.gone{color:#6b7280;font-style:italic}
.original{background:#fff7e0;padding:.3rem .6rem;border-radius:6px}
img{max-width:100%;max-height:24rem;display:block;margin:.3rem 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1rem}dt{color:#5c6470}dd{margin:0}
@media print{body{background:#fff}}
"""
SHOWN = {"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp"}

NOTICES = {
    "added": "加入",
    "joined": "申请加入",
    "removed": "移出",
    "left": "退出",
    "renamed": "改名为",
    "made_owner": "成为群主",
    "made_admin": "成为管理员",
    "made_member": "成为普通成员",
    "notice_changed": "更新群公告",
}


def page_name(number: int) -> str:
    return f"messages-{number:04}.html"


def head(title: str, number: int) -> str:
    """The beginning of a page; ``foot`` ends it, and knows whether another follows."""
    return f"{_top(f'{title} · {number}')}<h1>{escape(title)}</h1>{_nav(number, last=True)}<main>"


def foot(number: int, *, last: bool) -> str:
    return f"</main>{_nav(number, last=last)}</body></html>"


def _top(title: str) -> str:
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
    )


def _nav(number: int, *, last: bool) -> str:
    before = f'<a href="{page_name(number - 1)}">上一页</a>' if number > 1 else ""
    after = "" if last else f'<a href="{page_name(number + 1)}">下一页</a>'
    return f'<nav><a href="index.html">目录</a>{before}{after}</nav>'


def cover(about: dict[str, Any], pages: int) -> str:
    """What this is, who took it out and why, and the pages."""
    conversation, export = about["conversation"], about["export"]
    facts = {
        "会话": conversation["name"],
        "范围": f"第 {export['first_seq']} 至 {export['last_seq']} 条",
        "导出人": export["ordered_by"]["name"],
        "导出事由": export["reason"] or "未填写",
        "截至": _time(export["created_at"]),
    }
    rows = "".join(f"<dt>{name}</dt><dd>{escape(str(said))}</dd>" for name, said in facts.items())
    links = "".join(
        f'<li><a href="{page_name(number)}">第 {number} 页</a></li>'
        for number in range(1, pages + 1)
    )
    title = f"会话导出：{conversation['name']}"
    return f"{_top(title)}<h1>{escape(title)}</h1><dl>{rows}</dl><ol>{links}</ol></body></html>"


def message(entry: dict[str, Any]) -> str:
    """One message."""
    sender = entry["sender"]
    who = " ".join(filter(None, (sender["unit_name"], sender["post_title"])))
    edited = " · 已编辑" if entry["edited_at"] else ""
    return (
        f'<article id="m{entry["seq"]}"><header><b>{escape(sender["name"])}</b> {escape(who)} · '
        f"{_time(entry['created_at'])} · #{entry['seq']}{edited}</header>"
        f"{_quote(entry['reply_to'])}{_said(entry)}{_original(entry['original'])}"
        f"{_record(entry['record'])}{''.join(map(_file, entry['files']))}"
        f"{_comments(entry['discussion'])}</article>\n"
    )


def _comments(comments: list[dict[str, Any]]) -> str:
    items = "".join(
        f"<p><b>{escape(each['sender'])}</b> {escape(each['unit_name'])} {_time(each['created_at'])}"
        f"{' 已删除' if each['removed_at'] else ''}\n{escape(each['text'] or '')}</p>"
        for each in comments
    )
    return f"<blockquote>评论{items}</blockquote>" if items else ""


def _said(entry: dict[str, Any]) -> str:
    if entry["removed_at"]:
        return '<p class="gone">已按保存期限清除</p>'
    if entry["recalled_at"]:
        return f'<p class="gone">{escape(entry["recalled_by"]["name"])} 撤回了这条消息</p>'
    place = entry["content"] if entry["kind"] == "location" else None
    words = entry["text"] or ""
    if place:
        where = f"{place['name']} {place['address']} ({place['latitude']}, {place['longitude']})"
        words = f"{words}\n位置：{where}".strip()
    if entry["kind"] == "notice":
        people = "、".join(person["name"] for person in entry["content"]["people"])
        content = entry["content"]
        told = (NOTICES.get(content["action"]), people, content["name"], content["text"])
        words = f"群通知：{' '.join(filter(None, told))}"
    return f"<p>{escape(words)}</p>" if words else ""


def _quote(quoted: dict[str, Any] | None) -> str:
    if quoted is None:
        return ""
    words = quoted["text"] if quoted["text"] is not None else "原消息已撤回或清除"
    return (
        f'<blockquote>回复 <a href="#m{quoted["seq"]}">#{quoted["seq"]}</a> '
        f"{escape(quoted['sender_name'])}：{escape(words)}</blockquote>"
    )


def _original(original: dict[str, Any] | None) -> str:
    if original is None:
        return ""
    versions = "".join(
        f"<p>{_time(each['at'])}：{escape(each['text'])}</p>" for each in original["versions"]
    )
    return f'<div class="original">保留的原文{versions}<p>{escape(original["text"])}</p></div>'


def _record(record: dict[str, Any] | None) -> str:
    if record is None:
        return ""
    items = "".join(
        f"<p><b>{escape(item['sender']['name'])}</b> {_time(item['created_at'])}\n"
        f"{escape(item['text'] or '')}</p>{_record(item['record'])}"
        for item in record["items"]
    )
    return f"<blockquote><b>{escape(record['title'])}</b>{items}</blockquote>"


def _file(file: dict[str, Any]) -> str:
    name = escape(file["name"])
    if file["path"] is None:
        return f"<p>附件：{name}（{file['size']} 字节，未随附）</p>"
    address = escape(quote(file["path"]))
    shown = f'<img src="{address}" alt="{name}" loading="lazy">'
    picture = shown if file["media_type"] in SHOWN else ""
    return f'{picture}<p>附件：<a href="{address}" download>{name}</a></p>'


def _time(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
