"""Uploads to the real server: connections cut, the process killed, large files."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from moto.server import ThreadedMotoServer

from tests.databases import blank_database, fill
from tests.messaging.conftest import OWNER
from tests.messaging.files.conftest import CHUNK, TUS, metadata
from tests.organisation import PASSWORD
from tests.servers import Person, ServerProcess, running_servers, wait_until

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Kept from test to test, as the servers are that hold it."""
    with blank_database(request.param, tmp_path_factory.mktemp("database")) as url:
        fill(url)
        yield url


@pytest.fixture(scope="module")
def server(database_url: str, folder: Path) -> Iterator[ServerProcess]:
    with running_servers(1, database_url=database_url, redis_url=None, folder=folder) as started:
        yield started[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server")


@pytest.fixture
def person(server: ServerProcess) -> Iterator[Person]:
    found = Person(server.url, OWNER, PASSWORD)
    yield found
    found.close()


@pytest.fixture
def by_s3(database_url: str, tmp_path: Path) -> Iterator[Person]:
    """Somebody at a server that keeps contents in a bucket of another server."""
    store = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    store.start()
    host, port = store.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    requests.put(f"{endpoint}/zzd", timeout=10).raise_for_status()
    with running_servers(
        1,
        database_url=database_url,
        redis_url=None,
        folder=tmp_path,
        ZZD_S3_BUCKET="zzd",
        ZZD_S3_ENDPOINT=endpoint,
        ZZD_S3_REGION="us-east-1",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
    ) as started:
        found = Person(started[0].url, OWNER, PASSWORD)
        yield found
        found.close()
    store.stop()


def announce(person: Person, body: bytes, name: str = "录像.bin") -> str:
    answer = person.http.post(
        f"{person.url}/api/v1/files/uploads",
        headers={
            **TUS,
            "Upload-Length": str(len(body)),
            "Upload-Metadata": metadata(filename=name),
        },
        timeout=20,
    )
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def offset(person: Person, path: str) -> int:
    answer = person.http.head(person.url + path, headers=TUS, timeout=60)
    assert answer.status_code == 200
    return int(answer.headers["Upload-Offset"])


def add(person: Person, path: str, start: int, body: bytes) -> requests.Response:
    headers = {**TUS, "Upload-Offset": str(start), "Content-Type": CHUNK}
    return person.http.patch(person.url + path, headers=headers, data=body, timeout=120)


def send_part_of_chunk(person: Person, path: str, start: int, promised: int, body: bytes) -> None:
    """Promise more than comes, and cut the connection."""
    address = urlsplit(person.url)
    lines = [
        f"PATCH {path} HTTP/1.1",
        f"Host: {address.netloc}",
        f"Authorization: Bearer {person.token}",
        "Tus-Resumable: 1.0.0",
        f"Content-Type: {CHUNK}",
        f"Upload-Offset: {start}",
        f"Content-Length: {promised}",
    ]
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        # What was sent is read before the end is seen.
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(10)
        connection.recv(1000)


def content(person: Person, path: str) -> bytes:
    file_id = path.rsplit("/", 1)[1]
    answer = person.http.get(f"{person.url}/api/v1/files/{file_id}/content", timeout=60)
    assert answer.status_code == 200
    return answer.content


def test_a_chunk_cut_in_the_middle_is_kept_and_gone_on_with(person: Person) -> None:
    body = os.urandom(3 * MEBIBYTE)
    path = announce(person, body)
    send_part_of_chunk(person, path, 0, len(body), body[:MEBIBYTE])
    wait_until(lambda: offset(person, path) == MEBIBYTE, 30, "what came is kept")
    send_part_of_chunk(person, path, MEBIBYTE, 2 * MEBIBYTE, body[MEBIBYTE : MEBIBYTE + 7])
    wait_until(lambda: offset(person, path) == MEBIBYTE + 7, 30, "what came is kept")
    assert add(person, path, MEBIBYTE + 7, body[MEBIBYTE + 7 :]).status_code == 204
    assert content(person, path) == body


def test_a_request_that_hangs_does_not_keep_its_client_from_going_on(
    person: Person, folder: Path
) -> None:
    body = os.urandom(MEBIBYTE)
    path = announce(person, body)
    address = urlsplit(person.url)
    with socket.create_connection((address.hostname, address.port)) as hanging:
        hanging.sendall(
            (
                f"PATCH {path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
                f"Authorization: Bearer {person.token}\r\nTus-Resumable: 1.0.0\r\n"
                f"Content-Type: {CHUNK}\r\nUpload-Offset: 0\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            ).encode()
            + b"not the body"
        )
        here = folder / "files" / "uploads" / path.rsplit("/", 1)[1]
        wait_until(here.exists, 30, "the first request is being received")
        assert add(person, path, 0, body).status_code == 204
    assert content(person, path) == body


def test_a_killed_server_goes_on_where_it_had_answered(
    person: Person, server: ServerProcess
) -> None:
    body = os.urandom(6 * MEBIBYTE)
    path = announce(person, body)
    for start in range(0, len(body), 2 * MEBIBYTE):
        assert add(person, path, start, body[start : start + 2 * MEBIBYTE]).status_code == 204
        if start == 0:
            server.kill()
            server.start()
            assert offset(person, path) == 2 * MEBIBYTE
    server.kill()
    server.start()
    assert content(person, path) == body
    assert offset(person, path) == len(body)


def test_a_killed_server_has_most_of_a_large_chunk(person: Person, server: ServerProcess) -> None:
    """Nothing of it was answered, but every eight mebibytes are kept."""
    body = os.urandom(20 * MEBIBYTE)
    path = announce(person, body)
    address = urlsplit(person.url)
    with socket.create_connection((address.hostname, address.port)) as sending:
        sending.sendall(
            (
                f"PATCH {path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
                f"Authorization: Bearer {person.token}\r\nTus-Resumable: 1.0.0\r\n"
                f"Content-Type: {CHUNK}\r\nUpload-Offset: 0\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            ).encode()
            + body[: 17 * MEBIBYTE]
        )
        wait_until(lambda: offset(person, path) >= 16 * MEBIBYTE, 30, "two marks are passed")
        server.kill()
    server.start()
    kept = offset(person, path)
    assert 16 * MEBIBYTE <= kept <= 17 * MEBIBYTE
    assert add(person, path, kept, body[kept:]).status_code == 204
    assert hashlib.sha256(content(person, path)).digest() == hashlib.sha256(body).digest()


def test_a_large_file_is_never_whole_in_memory(person: Person, server: ServerProcess) -> None:
    piece = os.urandom(MEBIBYTE)
    size = 64 * MEBIBYTE
    path = announce(person, b"x" * size)
    (worker,) = server.workers
    # Loaded once by every process, and no part of what is measured.
    person.get("/search", q="词典")
    # The highest mark is from signing in: a password's hash takes 64 MiB.
    Path(f"/proc/{worker}/clear_refs").write_text("5")
    before = memory(worker, "VmRSS")
    headers = {**TUS, "Upload-Offset": "0", "Content-Type": CHUNK}
    # Of no declared length, as a stream is sent.
    pieces = (piece for _ in range(size // MEBIBYTE))
    answer = person.http.patch(person.url + path, headers=headers, data=pieces, timeout=120)
    assert answer.status_code == 204, answer.text
    file_id = path.rsplit("/", 1)[1]
    with person.http.get(
        f"{person.url}/api/v1/files/{file_id}/content", stream=True, timeout=60
    ) as download:
        assert sum(len(some) for some in download.iter_content(MEBIBYTE)) == size
    assert memory(worker, "VmHWM") - before < 24 * MEBIBYTE


def test_contents_go_to_a_bucket_and_come_from_it(by_s3: Person, tmp_path: Path) -> None:
    body = os.urandom(10 * MEBIBYTE)
    path = announce(by_s3, body)
    assert add(by_s3, path, 0, body).status_code == 204
    assert content(by_s3, path) == body
    assert not [each for each in (tmp_path / "files").rglob("*") if each.is_file()]


def memory(pid: int, what: str) -> int:
    """Bytes that a process has now (VmRSS), or had at most (VmHWM)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:")) * 1024
