"""The rules of CAP 1.2 that its schema cannot say: for each, what it lets pass and what not."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tests.tasks.cap.documents import AREA, document, later
from tests.tasks.cap.test_reading import only
from zzd.tasks.cap.reading import read_alert

SENT = "<sent>2019-08-09T21:30:00+08:00"
SCOPE = "<scope>Public</scope>"
EFFECTIVE = "<effective>2019-08-09T21:30:00+08:00</effective>"
NAME = "33-2019-08-09-001"
PHOTO = b"a photo"
CONTENT = base64.b64encode(PHOTO).decode()
SHA1 = hashlib.sha1(PHOTO).hexdigest()


def area(more: str) -> str:
    return document((AREA, AREA + more))


def expires(time: str, effective: str = EFFECTIVE) -> str:
    return document((EFFECTIVE, f"{effective}<expires>{time}</expires>"))


def resource(more: str, mime: str = "image/png") -> str:
    head = f"<resourceDesc>x</resourceDesc><mimeType>{mime}</mimeType>"
    area = f"<area>{AREA}"
    return document((area, f"<resource>{head}{more}</resource>{area}"))


def in_scope(scope: str, more: str) -> str:
    return document((SCOPE, f"<scope>{scope}</scope>{more}"))


def referring(text: str) -> str:
    return later("Update", "2").replace("qx@zj.example,33-2019-08-09-001,2019", f"{text},2019", 1)


GOOD_ONES = {
    "an identifier of other characters": document((NAME, "urn:oid:2.49.0/é_1")),
    "UTC": document((SENT, "<sent>2019-08-09T13:30:00-00:00")),
    "the offset of London": document((SENT, "<sent>2019-08-09T13:30:00+00:00")),
    "in force for no time": expires("2019-08-09T13:30:00-00:00"),
    "private": in_scope("Private", '<addresses>a@b "c d"</addresses>'),
    "restricted": in_scope("Restricted", "<restriction>仅限防汛</restriction>"),
    "an update": later("Update", "2"),
    "two references": later(
        "Update", "2", ("+08:00</ref", "+08:00\n a,b,2019-08-09T00:00:00-00:00</ref")
    ),
    "incidents": document((SCOPE, f'{SCOPE}<incidents>a "b c"</incidents>')),
    "a polygon": area("<polygon>28,121 28.5,121 28.5,121.5 28,121</polygon>"),
    "a polygon at the pole": area("<polygon>90,-180 90,180 -90,180 90,-180</polygon>"),
    "a circle": area("<circle>28.3,121.6 0</circle><circle>-28.3,-121.6 25.5</circle>"),
    "a ceiling": area("<altitude>10.5</altitude><ceiling>10.5</ceiling>"),
    "a digest of what is elsewhere": resource(
        f"<size>9</size><uri>a.png</uri><digest>{SHA1}</digest>"
    ),
    "content": resource(
        f"<size>{len(PHOTO)}</size><derefUri>{CONTENT}</derefUri><digest>{SHA1.upper()}</digest>"
    ),
    "a media type with a parameter": resource("", "text/plain; charset=utf-8"),
    "an address": document((f"<area>{AREA}", f"<web>https://zj.example/1</web><area>{AREA}")),
}


@pytest.mark.parametrize("kind", GOOD_ONES)
def test_what_the_standard_allows_is_read(kind: str) -> None:
    read_alert(GOOD_ONES[kind].encode())


INFO = "/alert/info[1]"
BAD_ONES = {
    "a space in the identifier": (document((NAME, "a b")), "/alert/identifier", "name_characters"),
    "a comma in it": (document((NAME, "a,b")), "/alert/identifier", "name_characters"),
    "a < in it": (document((NAME, "a&lt;b")), "/alert/identifier", "name_characters"),
    "an & in it": (document((NAME, "a&amp;b")), "/alert/identifier", "name_characters"),
    "none": (document((NAME, "")), "/alert/identifier", "name_length"),
    "an endless one": (document((NAME, "a" * 201)), "/alert/identifier", "name_length"),
    "a space in the sender": (document(("qx@zj", "q x@zj")), "/alert/sender", "name_characters"),
    "a comma in the sender": (document(("qx@zj", "q,x@zj")), "/alert/sender", "name_characters"),
    "Z": (document(("21:30:00+08:00", "13:30:00Z")), "/alert/sent", "time"),
    "no offset": (document(("21:30:00+08:00", "21:30:00")), "/alert/sent", "time"),
    "a comma for a sign": (document(("21:30:00+08:00", "21:30:00,08:00")), "/alert/sent", "time"),
    "parts of a second": (document(("21:30:00+", "21:30:00.5+")), "/alert/sent", "time"),
    "the 30th of February": (document(("2019-08-09T", "2019-02-30T")), "/alert/sent", "time"),
    "the hour 24": (document(("T21:30", "T24:00")), "/alert/sent", "time"),
    "after the calendar": (
        document((SENT, "<sent>9999-12-31T23:59:59-12:00")),
        "/alert/sent",
        "time",
    ),
    "Z elsewhere": (
        document((EFFECTIVE, "<effective>2019-08-09T13:30:00Z</effective>")),
        f"{INFO}/effective",
        "time",
    ),
    "an end before the beginning": (
        expires("2019-08-09T13:29:59-00:00"),
        f"{INFO}/expires",
        "expires",
    ),
    "an end before it was sent": (
        expires("2019-08-09T21:29:59+08:00", ""),
        f"{INFO}/expires",
        "expires",
    ),
    "private, to nobody": (in_scope("Private", ""), "/alert/addresses", "private_addresses"),
    "private, to blanks": (
        in_scope("Private", "<addresses> </addresses>"),
        "/alert/addresses",
        "private_addresses",
    ),
    "half a quotation": (
        in_scope("Private", '<addresses>"a b</addresses>'),
        "/alert/addresses",
        "quotes",
    ),
    "restricted, not how": (
        in_scope("Restricted", ""),
        "/alert/restriction",
        "restricted_restriction",
    ),
    "an update of nothing": (
        document(("<msgType>Alert", "<msgType>Update")),
        "/alert/references",
        "references",
    ),
    "a cancel of nothing": (
        document(("<msgType>Alert", "<msgType>Cancel")),
        "/alert/references",
        "references",
    ),
    "a reference of two": (referring("qx@zj.example"), "/alert/references", "references"),
    "a reference of four": (referring("a,b,c"), "/alert/references", "references"),
    "a reference in Z": (
        later("Cancel", "2", ("21:30:00+08:00</ref", "13:30:00Z</ref")),
        "/alert/references",
        "references",
    ),
    "an open polygon": (
        area("<polygon>28,121 28.5,121 28.5,121.5 28,121.1</polygon>"),
        f"{INFO}/area[1]/polygon[1]",
        "polygon",
    ),
    "a polygon of three": (
        area("<polygon>28,121 28.5,121 28,121</polygon>"),
        f"{INFO}/area[1]/polygon[1]",
        "polygon",
    ),
    "the longitude first": (
        area(
            "<polygon>28,121 28,122 29,121 28,121</polygon><polygon>121,28 122,28 121,29 121,28</polygon>"
        ),
        f"{INFO}/area[1]/polygon[2]",
        "polygon",
    ),
    "a longitude of 181": (
        area("<polygon>28,181 28,122 29,121 28,181</polygon>"),
        f"{INFO}/area[1]/polygon[1]",
        "polygon",
    ),
    "no numbers": (
        area("<polygon>nan,1 1,1 1,1 nan,1</polygon>"),
        f"{INFO}/area[1]/polygon[1]",
        "polygon",
    ),
    "digits of another script": (
        area("<polygon>२८,121 1,1 1,1 २८,121</polygon>"),
        f"{INFO}/area[1]/polygon[1]",
        "polygon",
    ),
    "a circle without radius": (
        area("<circle>28,121</circle>"),
        f"{INFO}/area[1]/circle[1]",
        "circle",
    ),
    "a radius below 0": (
        area("<circle>28,121 -1</circle>"),
        f"{INFO}/area[1]/circle[1]",
        "circle",
    ),
    "a radius round the Earth": (
        area("<circle>28,121 40000</circle>"),
        f"{INFO}/area[1]/circle[1]",
        "circle",
    ),
    "a ceiling over nothing": (
        area("<ceiling>10</ceiling>"),
        f"{INFO}/area[1]/ceiling",
        "ceiling",
    ),
    "a ceiling underfoot": (
        area("<altitude>10</altitude><ceiling>9.9</ceiling>"),
        f"{INFO}/area[1]/ceiling",
        "ceiling",
    ),
    "another size": (
        resource(f"<size>6</size><derefUri>{CONTENT}</derefUri>"),
        f"{INFO}/resource[1]/size",
        "size",
    ),
    "a size below 0": (resource("<size>-1</size>"), f"{INFO}/resource[1]/size", "size"),
    "a size of thousands of digits": (
        resource(f"<size>{'9' * 5_000}</size>"),
        f"{INFO}/resource[1]/size",
        "size",
    ),
    "another digest": (
        resource(f"<derefUri>{CONTENT}</derefUri><digest>{'0' * 40}</digest>"),
        f"{INFO}/resource[1]/digest",
        "digest",
    ),
    "no digest": (resource("<digest>abc</digest>"), f"{INFO}/resource[1]/digest", "digest"),
    "no base64": (
        resource("<derefUri>***</derefUri>"),
        f"{INFO}/resource[1]/derefUri",
        "content",
    ),
    "no media type": (resource("", "a photo"), f"{INFO}/resource[1]/mimeType", "mime_type"),
    "a blank event": (document(("<event>台风", "<event> ")), f"{INFO}/event", "blank"),
    "a blank area": (
        document((AREA, "<areaDesc> </areaDesc>")),
        f"{INFO}/area[1]/areaDesc",
        "blank",
    ),
    "a relative address": (
        document((f"<area>{AREA}", f"<web>1.html</web><area>{AREA}")),
        f"{INFO}/web",
        "absolute",
    ),
}


@pytest.mark.parametrize("kind", BAD_ONES)
def test_what_breaks_a_rule_is_refused_by_its_name_and_place(kind: str) -> None:
    text, pointer, rule = BAD_ONES[kind]
    assert only(text) == (pointer, rule)
