"""The example in docs/bots.md, run by a shell against a real server, and the rate of two of them."""

from __future__ import annotations

import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from flask import Flask

from tests.messaging.bots.conftest import signature
from tests.messaging.conftest import MEMBER, OWNER
from tests.organisation import PASSWORD
from tests.servers import Person, running_servers

ROOT = Path(__file__).resolve().parents[3]


def example(url: str, secret: str) -> str:
    """As somebody copies it: with their address and secret in place of the dots."""
    (block,) = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/bots.md").read_text(), re.S)
    block = re.sub(r"URL='.*?'", f"URL='{url}'", block)
    return re.sub(r"SECRET='.*?'", f"SECRET='{secret}'", block)


def test_the_example_works_and_all_processes_keep_one_rate(app: Flask, tmp_path: Path) -> None:
    settings = app.extensions["zzd.settings"]
    # SQLite is for one process.
    count = 1 if app.extensions["zzd.db"].is_sqlite else 2
    with running_servers(
        count, database_url=settings.database_url, redis_url=None, folder=tmp_path, ZZD_BOT_RATE="4"
    ) as servers:
        owner = Person(servers[0].url, OWNER, PASSWORD)
        member = Person(servers[-1].url, MEMBER, PASSWORD)
        body = {"kind": "group", "name": "石塘防汛群", "official_ids": [member.id]}
        group = owner.post("/conversations", body)
        bots = f"/conversations/{group['id']}/bots"
        bot = owner.post(bots, {"name": "水位监测"})

        done = subprocess.run(
            ["bash", "-euc", example(bot["url"], bot["secret"])],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said = member.get(f"/conversations/{group['id']}/messages")["items"][-1]
        assert said["text"] == "石塘站水位 3.2 米，超警戒 0.4 米"
        assert said["sender"]["bot_id"] == bot["id"]

        other = owner.post(bots, {"name": "雨量"})
        path = other["url"].removeprefix(servers[0].url)

        def one(n: int) -> requests.Response:
            raw = b'{"text": "x"}'
            now = int(time.time())
            return requests.post(
                f"{servers[n % count].url}{path}",
                data=raw,
                headers={
                    "Content-Type": "application/json",
                    "webhook-id": str(n),
                    "webhook-timestamp": str(now),
                    "webhook-signature": signature(other["secret"], str(n), now, raw),
                },
                timeout=20,
            )

        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(one, range(12)))
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(refused) == 8
        assert all(1 <= int(answer.headers["Retry-After"]) <= 15 for answer in refused)
        owner.close()
        member.close()
