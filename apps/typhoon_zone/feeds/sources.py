"""Where a feed comes from: a file, an http(s) address, or this app's own simulation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import requests

from apps.typhoon_zone import simulated
from apps.typhoon_zone.ibtracs import read_best_track
from apps.typhoon_zone.settings import SIMULATED

LARGEST = 8 * 1024 * 1024
TIMEOUT = 10


class SourceFailed(Exception):
    """The source could not be read; the text says why."""


class Source(Protocol):
    """``label`` is what the page calls it. Both methods raise SourceFailed."""

    label: str

    def read(self) -> Any:
        """The document, not checked yet."""

    def fetch(self, href: str) -> bytes:
        """A picture that the document names."""


def open_source(feed: str, named: str) -> Source:
    """The source that a setting names."""
    if named == SIMULATED:
        return SimulatedSource(feed)
    if named.startswith(("http://", "https://")):
        return HttpSource(named)
    return FileSource(Path(named.removeprefix("file:")))


class SimulatedSource:
    """Lekima's night, made by ``simulated``: the track is real, all else is invented."""

    def __init__(self, feed: str) -> None:
        self.feed, self.label = feed, SIMULATED

    def read(self) -> Any:
        return simulated.make_document(self.feed)

    def fetch(self, href: str) -> bytes:
        return simulated.draw_picture(href)


class FileSource:
    """A JSON file by FEEDS.md, or for the track a best track of IBTrACS as ``.csv``."""

    def __init__(self, path: Path) -> None:
        self.path, self.label = path, f"file:{path.name}"

    def read(self) -> Any:
        data = self._read(self.path)
        try:
            text = data.decode("utf-8-sig")
            if self.path.suffix == ".csv":
                return {
                    **simulated.STORM,
                    "source": self.path.name,
                    "fixes": read_best_track(text.splitlines()),
                }
            return json.loads(text)
        except (ValueError, KeyError) as error:
            raise SourceFailed(f"{self.path.name} cannot be read: {error}") from error

    def fetch(self, href: str) -> bytes:
        wanted = (self.path.parent / href).resolve()
        if not wanted.is_relative_to(self.path.parent.resolve()):
            raise SourceFailed(f"{href} lies outside the feed's folder")
        return self._read(wanted)

    def _read(self, path: Path) -> bytes:
        try:
            if path.stat().st_size > LARGEST:
                raise SourceFailed(f"{path.name} is larger than {LARGEST} bytes")
            return path.read_bytes()
        except OSError as error:
            raise SourceFailed(f"{path.name}: {error.strerror}") from error


class HttpSource:
    """GET of a JSON document; pictures are fetched from addresses relative to it."""

    def __init__(self, url: str, http: Any = None) -> None:
        # The host alone: paths and queries may hold keys, and every official sees the label.
        self.url, self.label = url, urlsplit(url).hostname or url
        self.http = http or requests

    def read(self) -> Any:
        try:
            return json.loads(self._get(self.url))
        except ValueError as error:
            raise SourceFailed(f"the answer is not JSON: {error}") from error

    def fetch(self, href: str) -> bytes:
        url = urljoin(self.url, href)
        # A feed must not make this server ask around in its own network.
        if not url.startswith(urljoin(self.url, "/")):
            raise SourceFailed(f"{href} is on another host than the feed")
        return self._get(url)

    def _get(self, url: str) -> bytes:
        try:
            with self.http.get(url, timeout=TIMEOUT, stream=True, allow_redirects=False) as answer:
                if answer.status_code != 200:
                    raise SourceFailed(f"answered {answer.status_code}")
                data: bytes = answer.raw.read(LARGEST + 1, decode_content=True)
        except (requests.RequestException, OSError) as error:
            raise SourceFailed(f"no answer: {type(error).__name__}") from error
        if len(data) > LARGEST:
            raise SourceFailed(f"the answer is larger than {LARGEST} bytes")
        return data
