"""CAP documents of tests: a good one, and the same with something else in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.client import ApiClient

EXAMPLE = Path(__file__).resolve().parents[3] / "data" / "cap" / "oasis_amber_example.xml"
NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
AREA = "<areaDesc>温岭市石塘镇</areaDesc>"
GOOD = f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="{NAMESPACE}">
  <identifier>33-2019-08-09-001</identifier>
  <sender>qx@zj.example</sender>
  <sent>2019-08-09T21:30:00+08:00</sent>
  <status>Actual</status>
  <msgType>Alert</msgType>
  <scope>Public</scope>
  <info>
    <language>zh-CN</language>
    <category>Met</category>
    <event>台风</event>
    <urgency>Immediate</urgency>
    <severity>Severe</severity>
    <certainty>Likely</certainty>
    <effective>2019-08-09T21:30:00+08:00</effective>
    <senderName>浙江省气象台</senderName>
    <headline>台风利奇马红色预警</headline>
    <area>{AREA}</area>
  </info>
</alert>
"""


def document(*changes: tuple[str, str]) -> str:
    """The good document with each first text, which must be there, replaced by the second."""
    text = GOOD
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def later(kind: str, identifier: str, *changes: tuple[str, str]) -> str:
    """An Update or a Cancel of the good document."""
    scope = "<scope>Public</scope>"
    references = (
        "<references>qx@zj.example,33-2019-08-09-001,2019-08-09T21:30:00+08:00</references>"
    )
    return document(
        ("33-2019-08-09-001", identifier),
        ("<msgType>Alert", f"<msgType>{kind}"),
        (scope, scope + references),
        *changes,
    )


def take_in(
    client: ApiClient, text: str | bytes, *, status: int = 201, media: str = "application/cap+xml"
) -> dict[str, Any]:
    data = text.encode() if isinstance(text, str) else text
    answer = client.request("POST", "/warnings", data=data, content_type=media)
    assert answer.status_code == status, answer.get_data(as_text=True)
    shown: dict[str, Any] = answer.get_json()
    return shown
