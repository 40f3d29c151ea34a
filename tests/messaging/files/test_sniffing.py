"""What a content is shows itself in it; its name and its uploader have no say."""

from __future__ import annotations

import io
import struct
import tarfile
import tracemalloc
import wave
import zipfile

import pytest
from PIL import Image

from tests.conftest import SignedIn
from tests.messaging.conftest import OWNER
from tests.messaging.files.conftest import (
    Upload,
    add,
    announce,
    content,
    head,
    pdf,
    photo_with_place,
    picture,
    png_header,
)
from zzd.messaging.files.rules import is_refused, may_be_inline
from zzd.messaging.files.sniffing import sniff
from zzd.settings import REFUSED_TYPES


def zipped(*names: str, body: str = "x", start: str | None = None) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        if start is not None:
            archive.writestr("mimetype", start, zipfile.ZIP_STORED)
        for name in names:
            archive.writestr(name, body)
    return target.getvalue()


def sound() -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 800)
    return target.getvalue()


def tar() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return target.getvalue()


WEBM = b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + b"\0" * 40
MP4 = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41" + b"\0\0\0\x20hdlr"
OOXML = "application/vnd.openxmlformats-officedocument."
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
DOCX = zipped("[Content_Types].xml", "word/document.xml")
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'

CASES = {
    "jpeg": (picture("JPEG"), "image/jpeg", "image", True),
    "png": (picture("PNG"), "image/png", "image", True),
    "gif": (picture("GIF"), "image/gif", "image", True),
    "webp": (picture("WEBP"), "image/webp", "image", True),
    "bmp": (picture("BMP"), "image/bmp", "image", True),
    "tiff": (picture("TIFF"), "image/tiff", "image", False),
    "avif": (picture("AVIF", (64, 64)), "image/avif", "image", True),
    "pdf": (pdf(), "application/pdf", "pdf", True),
    "utf-8": ("防汛值班表".encode(), "text/plain", "text", True),
    "utf-8 with a mark": (b"\xef\xbb\xbf" + "防汛".encode(), "text/plain", "text", True),
    "utf-16": ("防汛值班表".encode("utf-16"), "text/plain", "text", True),
    "gb18030": ("各乡镇防汛值班表".encode("gb18030"), "text/plain", "text", True),
    "cut in a character": (("x" * 65535 + "汛" * 10).encode(), "text/plain", "text", True),
    "docx": (DOCX, OOXML + "wordprocessingml.document", "document", False),
    "xlsx": (
        zipped("[Content_Types].xml", "xl/workbook.xml"),
        OOXML + "spreadsheetml.sheet",
        "document",
        False,
    ),
    "pptx": (
        zipped("ppt/a.xml", "[Content_Types].xml"),
        OOXML + "presentationml.presentation",
        "document",
        False,
    ),
    "odt": (
        zipped("content.xml", start="application/vnd.oasis.opendocument.text"),
        "application/vnd.oasis.opendocument.text",
        "document",
        False,
    ),
    "ofd": (zipped("OFD.xml", "Doc_0/Document.xml"), "application/ofd", "document", False),
    "doc": (OLE, "application/x-ole-storage", "document", False),
    "zip": (zipped("a.txt"), "application/zip", "archive", False),
    "cut zip": (zipped("a.txt")[:40], "application/zip", "archive", False),
    "tar": (tar(), "application/x-tar", "archive", False),
    "wav": (sound(), "audio/wav", "audio", True),
    "mp3": (b"ID3\x03\0\0\0\0\0\0" + b"\xff\xfb\x90\0" * 50, "audio/mpeg", "audio", True),
    "recording in webm": (WEBM + b"A_OPUS", "audio/webm", "audio", True),
    "recording whose sound spells V_": (
        WEBM + b"A_OPUS\x1f\x43\xb6\x75..V_..",
        "audio/webm",
        "audio",
        True,
    ),
    "film in webm": (WEBM + b"V_VP9 A_OPUS", "video/webm", "video", False),
    "recording in mp4": (MP4 + b"soun", "audio/mp4", "audio", True),
    "film in mp4": (MP4 + b"soun hdlr vide", "video/mp4", "video", False),
    "noise": (bytes(range(256)), "application/octet-stream", "other", False),
    # What is not what it seems.
    "svg": (SVG, "image/svg+xml", "text", False),
    "svg behind words": (b"<!-- " + b"a" * 500 + b" --><svg/>", "image/svg+xml", "text", False),
    "html": (b"\n <!DOCTYPE html><script>1</script>", "text/html", "text", False),
    "html in capitals": (b"<SCRIPT>alert(1)</SCRIPT>", "text/html", "text", False),
    "html behind a mark": (b"\xef\xbb\xbf<html>", "text/html", "text", False),
    "xhtml": (b"<?xml version='1.0'?><html xmlns=''/>", "text/html", "text", False),
    "html in utf-16": ("<html>".encode("utf-16"), "text/html", "text", False),
    "gif that is a script": (b"GIF89a/*" + b"\0" * 8 + b"*/=alert(1)", "image/gif", "image", True),
    "jpeg that is a page": (b"\xff\xd8\xff\xe0<html><script>", "image/jpeg", "image", True),
    "pdf that is a zip": (pdf() + zipped("a.txt"), "application/pdf", "pdf", True),
    "program": (
        b"MZ\x90\0" + b"\0" * 60,
        "application/vnd.microsoft.portable-executable",
        "other",
        False,
    ),
    "program for linux": (b"\x7fELF\x02\x01\x01" + b"\0" * 60, "application/x-elf", "other", False),
    "script": (b"#!/bin/sh\nrm -rf /\n", "text/x-script", "text", False),
}


@pytest.mark.parametrize("case", CASES)
def test_content_shows_what_it_is(case: str) -> None:
    body, media_type, type_, inline = CASES[case]
    found = sniff(io.BytesIO(body))
    assert (found.media_type, found.type) == (media_type, type_)
    assert may_be_inline(found.media_type) is inline


def test_a_zip_with_a_million_names_is_not_read() -> None:
    """Its list of names alone would take hundreds of megabytes in memory."""
    names = 3 * 1024 * 1024
    entry = b"PK\x01\x02" + b"\0" * 42
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 65535, 65535, names, 30, 0)
    bomb = b"PK\x03\x04" + b"\0" * 26 + entry * (names // len(entry)) + end
    tracemalloc.start()
    assert sniff(io.BytesIO(bomb)).media_type == "application/zip"
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("media_type", "name", "refused"),
    [
        ("application/x-elf", "a.txt", True),
        ("text/plain", "run.BAT", True),
        ("text/plain", "run.bat. .", True),
        ("text/plain", "bat", False),
        ("text/plain", "a.bat.txt", False),
        ("application/zip", "a.zip", False),
    ],
)
def test_what_runs_is_refused_by_content_or_ending(
    media_type: str, name: str, refused: bool
) -> None:
    assert is_refused(media_type, name, REFUSED_TYPES) is refused


def test_a_program_under_another_name_is_refused_and_gone(as_: SignedIn) -> None:
    owner, body = as_(OWNER), CASES["program"][0]
    file_id = announce(owner, len(body), "照片.jpg").get_json()["id"]
    refused = add(owner, file_id, 0, body)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "type_refused")
    assert refused.get_json()["media_type"] == CASES["program"][1]
    assert head(owner, file_id).status_code == 404
    assert owner.get("/files/allowance")["used"] == 0
    assert announce(owner, 5, "setup.exe").get_json()["code"] == "type_refused"


@pytest.mark.parametrize("case", ["svg", "html", "docx", "noise", "film in webm", "zip"])
def test_what_a_browser_could_run_is_only_ever_saved(
    as_: SignedIn, upload: Upload, case: str
) -> None:
    file = upload(CASES[case][0], "照片.jpg")
    assert not file["inline"]
    answer = content(as_(OWNER), file["id"])
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "html" not in answer.mimetype
    assert "svg" not in answer.mimetype


def test_a_photo_is_turned_and_tells_nobody_where_it_was_taken(
    as_: SignedIn, upload: Upload
) -> None:
    body = photo_with_place(turned=6)
    assert b"Exif" in body
    file = upload(body, "险情.jpg")
    assert (file["width"], file["height"]) == (400, 800)
    assert file["variants"]["small"] == {"width": 160, "height": 320}
    for variant, size in (("small", (160, 320)), ("large", (400, 800))):
        answer = content(as_(OWNER), file["id"], f"?variant={variant}")
        assert answer.mimetype == "image/webp"
        with Image.open(io.BytesIO(answer.data)) as shown:
            assert shown.size == size
            assert not shown.getexif()
            assert "exif" not in shown.info
            assert "icc_profile" not in shown.info


def test_the_first_page_of_a_pdf_is_shown(as_: SignedIn, upload: Upload) -> None:
    file = upload(pdf(pages=3), "预案.pdf")
    assert (file["type"], file["pages"]) == ("pdf", 3)
    assert max(file["variants"]["large"].values()) == 1280
    assert content(as_(OWNER), file["id"], "?variant=small").status_code == 200
    assert content(as_(OWNER), file["id"]).headers["Content-Disposition"].startswith("inline")


@pytest.mark.parametrize(
    "body",
    [
        png_header(20_000, 20_000),
        picture("JPEG")[:600],
        picture("PNG")[:60],
        pdf()[:200],
        b"\xff\xd8\xff\xe0<html><script>",
    ],
    ids=["400 megapixels", "cut jpeg", "cut png", "cut pdf", "no jpeg"],
)
def test_what_cannot_be_drawn_is_a_file_without_preview(
    as_: SignedIn, upload: Upload, body: bytes
) -> None:
    file = upload(body, "x.jpg")
    assert file["variants"] == {}
    assert content(as_(OWNER), file["id"], "?variant=small").status_code == 404
    assert content(as_(OWNER), file["id"]).data == body


@pytest.mark.parametrize(
    ("body", "text", "encoding"),
    [
        ("防汛值班表".encode(), "防汛值班表", "utf-8"),
        ("各乡镇防汛值班表".encode("gb18030"), "各乡镇防汛值班表", "gb18030"),
        ("防汛".encode("utf-16"), "防汛", "utf-16"),
        (b"<html>", "<html>", "utf-8"),
    ],
)
def test_the_beginning_of_a_text_is_decoded(
    as_: SignedIn, upload: Upload, body: bytes, text: str, encoding: str
) -> None:
    file = upload(body)
    found = as_(OWNER).get(f"/files/{file['id']}/text")
    assert found == {"text": text, "encoding": encoding, "truncated": False}


def test_a_long_text_is_cut_between_characters(as_: SignedIn, upload: Upload) -> None:
    file = upload(("x" + "汛" * 30_000).encode())
    found = as_(OWNER).get(f"/files/{file['id']}/text")
    assert found["truncated"]
    assert found["text"] == "x" + "汛" * ((64 * 1024 - 1) // 3)
    as_(OWNER).get(f"/files/{upload(picture())['id']}/text", status=404)
