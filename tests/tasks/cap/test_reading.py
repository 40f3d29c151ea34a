"""What may be read at all: the standard's own example, and what no reader should open."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from tests.tasks.cap.documents import AREA, EXAMPLE, GOOD, NAMESPACE, document
from zzd.tasks.cap.alerts import Fault
from zzd.tasks.cap.reading import MOST_FAULTS, NotCap, read_alert

QUICK = 10.0


def faults(text: str | bytes) -> list[Fault]:
    """Why it is refused; and that it is, quickly."""
    started = time.process_time()
    with pytest.raises(NotCap) as refused:
        read_alert(text.encode() if isinstance(text, str) else text)
    assert time.process_time() - started < QUICK
    return refused.value.faults


def only(text: str | bytes) -> tuple[str, str]:
    """The pointer and the rule of the one fault."""
    (fault,) = faults(text)
    return fault.pointer, fault.rule


def test_the_example_of_the_standard_is_read() -> None:
    alert = read_alert(EXAMPLE.read_bytes())
    assert alert.identifier == "KAR0-0306112239-SW"
    assert alert.sent.utcoffset() == timedelta(hours=-7)
    assert [info.language for info in alert.infos] == ["en-US", "es-US"]
    assert alert.infos[1].event == "Abducción de Niño"
    assert alert.infos[0].event_codes == (("SAME", "CAE"),)
    assert alert.infos[0].areas[0].geocodes == (("SAME", "006037"),)


def test_a_prefix_and_comments_change_nothing() -> None:
    prefixed = document(("<event>台风", "<event>台<!-- -->风"))
    prefixed = prefixed.replace("</", "\x00").replace("<", "<c:").replace("\x00", "</c:")
    prefixed = prefixed.replace("<c:?", "<?").replace("<c:!", "<!").replace("xmlns=", "xmlns:c=")
    assert read_alert(prefixed.encode()) == read_alert(GOOD.encode())


def test_a_mark_of_utf8_is_allowed() -> None:
    assert read_alert(b"\xef\xbb\xbf" + GOOD.encode()).identifier == "33-2019-08-09-001"


def test_references_to_characters_are_read_once() -> None:
    alert = read_alert(document(("台风利奇马", "&lt;&#x4e00;&amp;lt;")).encode())
    assert alert.infos[0].headline == "<一&lt;红色预警"


LAUGHS = "".join(
    f'<!ENTITY l{n} "{"".join(f"&l{n - 1};" for _ in range(10))}">' for n in range(1, 10)
)
WITH_DTD = {
    "a doctype": "<!DOCTYPE alert>",
    "a file": '<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "an address": '<!DOCTYPE alert [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]>',
    "an outer DTD": '<!DOCTYPE alert SYSTEM "http://127.0.0.1:9/x.dtd">',
    "a parameter": '<!DOCTYPE alert [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>',
    "billion laughs": f'<!DOCTYPE alert [<!ENTITY l0 "ha">{LAUGHS}<!ENTITY x "&l9;">]>',
    "quadratic blow-up": f'<!DOCTYPE alert [<!ENTITY x "{"a" * 50_000}">]>',
}


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("GB18030", "gb18030"),
        ("gbk", "gbk"),
        ("GB2312", "gbk"),
        ("UTF-16", "utf-16"),
        ("utf-16", "utf-16-be"),
    ],
)
def test_what_this_country_writes_is_read_and_a_doctype_seen_in_it(
    declared: str, written: str
) -> None:
    mark = "\ufeff" if written == "utf-16-be" else ""
    text = GOOD.replace("UTF-8", declared)
    assert read_alert((mark + text).encode(written)) == read_alert(GOOD.encode())
    head, body = text.split("\n", 1)
    faulty = f'{mark}{head}\n<!DOCTYPE alert [<!ENTITY x "y">]>\n{body}'
    assert only(faulty.encode(written)) == ("/", "doctype")


@pytest.mark.parametrize("kind", WITH_DTD)
def test_no_document_with_a_doctype_is_opened(kind: str) -> None:
    head, body = GOOD.split("\n", 1)
    use = "&x;" * (10_000 if kind.startswith("quadratic") else 1) if "ENTITY x" in kind else ""
    text = f"{head}\n{WITH_DTD[kind]}\n{body.replace('台风利奇马', use or '台风利奇马')}"
    assert only(text) == ("/", "doctype")


def test_an_entity_that_nobody_declared_is_no_xml() -> None:
    assert only(document(("台风利奇马", "&x;"))) == ("/", "well_formed")


def test_an_inclusion_is_an_element_like_any_other() -> None:
    include = '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'
    assert faults(document((AREA, AREA + include)))[0].rule == "schema"


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "well_formed"),
        (b"{}", "well_formed"),
        (GOOD.encode()[:-9], "well_formed"),
        # What it declares is not what it is, or is nothing that is read.
        (GOOD.encode("utf-16"), "encoding"),
        (GOOD.replace("UTF-8", "UTF-16").encode(), "encoding"),
        (GOOD.replace("UTF-8", "UTF-16").encode("utf-16-le"), "encoding"),
        (GOOD.encode("gb18030"), "encoding"),
        (GOOD.replace("UTF-8", "GB18030").encode(), "encoding"),
        (GOOD.replace("UTF-8", "UTF-7").encode(), "encoding"),
        (GOOD.replace("UTF-8", "UTF-32").encode("utf-32"), "well_formed"),
        (GOOD.replace("UTF-8", "ISO-8859-1").encode(), "encoding"),
        (GOOD.encode().replace("台".encode(), b"\xff\xfe"), "encoding"),
        (GOOD.encode().replace("台".encode(), b"\xed\xa0\x80"), "encoding"),
        (GOOD.encode().replace("台".encode(), b"\x00"), "well_formed"),
        (GOOD.encode().replace("台".encode(), b"&#0;"), "well_formed"),
        (GOOD.replace(NAMESPACE, "urn:oasis:names:tc:emergency:cap:1.1").encode(), "not_cap"),
        (b"<html/>", "not_cap"),
    ],
)
def test_what_is_no_cap_is_told_apart(content: bytes, rule: str) -> None:
    assert only(content) == ("/", rule)


HEAD, TAIL = GOOD.split("<info>")
LARGE = {
    "deep": HEAD + "<info>" * 150_000,
    "wide": HEAD + "<info/>" * 140_000 + "</alert>",
    "attributes": HEAD + "<info " + " ".join(f"a{n}=''" for n in range(90_000)) + "/></alert>",
    "namespaces": HEAD
    + "<info "
    + " ".join(f"xmlns:a{n}='b'" for n in range(3_000))
    + ">"
    + "<a/>" * 7_000
    + "</info></alert>",
}


@pytest.mark.parametrize("kind", LARGE)
def test_a_megabyte_of_structure_is_refused_quickly(kind: str) -> None:
    assert only(LARGE[kind])[1] == ("well_formed" if kind == "deep" else "too_many")


def test_a_megabyte_of_faults_is_told_in_part_and_quickly() -> None:
    assert len(faults(HEAD + "<info/>" * 7_900 + "</alert>")) == MOST_FAULTS


def test_a_fault_is_found_by_its_pointer() -> None:
    second = TAIL[: TAIL.index("</info>")].replace("<category>Met", "<category>Rain")
    text = GOOD.replace("</info>", f"</info><info>{second}</info>")
    assert only(text) == ("/alert/info[2]/category[1]", "schema")
    assert only(document(("<scope>Public</scope>", ""))) == ("/alert/info[1]", "schema")
