"""988 installed apps with different audiences, their webhooks, and events for them, as rows."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from zzd import clock
from zzd.bulk import table_of
from zzd.identity.models import Account
from zzd.identity.tokens import digest
from zzd.miniapps.hooks.models import Webhook
from zzd.miniapps.installations.models import Installation
from zzd.miniapps.models import CallbackSecret, MiniApp, MiniAppVersion
from zzd.miniapps.oidc.models import ClientSecret
from zzd.orgtree.audiences import LEVELS, resolve
from zzd.orgtree.in_use import put_in_use
from zzd.orgtree.models import Unit
from zzd.realtime.models import KeptEvent

APPS = 988
SECRET = "a secret of a benchmark"
REDIRECT = "https://app.example.cn/launch"

SCOPES = ["identity", "messages.read"]


def manifest(number: int, code: str) -> dict[str, Any]:
    return {
        "manifest_version": 1,
        "id": f"cn.bench.app{number}",
        "name": {"zh": f"应用{number}", "en": f"App {number}"},
        "description": {"zh": "用于测量的应用", "en": "An app for measuring"},
        "category": ("emergency", "office", "people", "data", "other")[number % 5],
        "entry_url": "https://app.example.cn/",
        "redirect_uris": [REDIRECT],
        "scopes": [{"name": name, "reason": "测量"} for name in SCOPES],
        "audience": {"unit_code": code},
        "events": ["message.created"],
    }


def build(session: Session) -> list[int]:
    """The apps' ids: made at the first time, one in ten for everybody."""
    query = select(MiniApp.id).where(MiniApp.app_id.startswith("cn.bench.")).order_by(MiniApp.id)
    if known := list(session.scalars(query)):
        return known
    developer = session.scalars(select(Account.id).order_by(Account.id).limit(1)).one()
    units = session.scalars(select(Unit).order_by(Unit.path).limit(500)).all()
    narrowed = itertools.product((None, "flood_control"), (None, "duty_officer", "leader"))
    kinds = list(narrowed)
    ids = []
    for number in range(APPS):
        unit = units[0] if number % 10 == 0 else units[number % len(units)]
        line, role = (None, None) if number % 10 == 0 else kinds[number % len(kinds)]
        levels = [level for level in LEVELS if level >= unit.level]
        audience_id = put_in_use(
            session, resolve(session, unit_id=unit.id, levels=levels, line=line, role=role)
        )
        ids.append(_add(session, number, unit, audience_id, developer))
    return ids


def _add(session: Session, number: int, unit: Unit, audience_id: int, developer: int) -> int:
    now = clock.now()
    app = MiniApp(
        app_id=f"cn.bench.app{number}",
        developer_id=developer,
        oauth_client_id=f"app-bench-{number}",
        version=1,
        created_at=now,
        sender_id=developer,
        client_id=f"bench-{number}",
        fingerprint="",
    )
    session.add(app)
    session.flush()
    written = manifest(number, unit.code)
    session.add(
        MiniAppVersion(
            miniapp_id=app.id,
            number=1,
            state="published",
            manifest=written,
            name_zh=written["name"]["zh"],
            name_en=written["name"]["en"],
            category=written["category"],
            entry_origin="https://app.example.cn",
            scopes=SCOPES,
            optional_scopes=[],
            audience_id=audience_id,
            data_audience_id=audience_id,
            created_by=developer,
            created_at=now,
            published_at=now,
        )
    )
    session.add(
        Installation(
            miniapp_id=app.id,
            unit_id=unit.id,
            audience_id=audience_id,
            scopes=SCOPES,
            settings={},
            version=1,
            installer={},
            created_at=now,
            changed_at=now,
            sender_id=developer,
            client_id=f"bench-{number}",
            fingerprint="",
        )
    )
    session.add(ClientSecret(miniapp_id=app.id, digest=digest(SECRET), created_at=now))
    session.add(CallbackSecret(miniapp_id=app.id, salt=f"bench {number}", created_at=now))
    session.flush()
    return app.id


def add_hooks(session: Session, app_ids: Sequence[int], port: int) -> None:
    """One for each: of a hundred five fail, and one hangs. Those of an earlier run are gone."""
    session.execute(text("TRUNCATE webhook_attempt, webhook_delivery, webhook, kept_event CASCADE"))
    now = clock.now()
    for place, app_id in enumerate(app_ids):
        path = "hangs" if place % 100 == 0 else "fails" if place % 100 in range(1, 6) else "takes"
        session.add(
            Webhook(
                miniapp_id=app_id,
                url=f"http://127.0.0.1:{port}/{path}",
                types=["message.created"],
                state="live",
                position=0,
                created_at=now,
                verified_at=now,
                sender_id=0,
                client_id=f"bench-{place}",
                fingerprint="",
            )
        )


def add_events(session: Session, count: int, audience_id: int) -> None:
    """Messages in as many conversations of an audience, as their transactions would leave them."""
    now = clock.now()
    rows = [
        {
            "event_id": f"{number:032x}",
            "type": "message.created",
            "subject": f"conversations/{number}",
            "occurred_at": now,
            "rooms": [f"conversation:{number}", f"audience:{audience_id}"],
            "data": {
                "conversation_id": str(number),
                "seq": 1,
                "text": "请各乡镇值班员上报转移人数",
            },
        }
        for number in range(1, count + 1)
    ]
    session.connection().execute(insert(table_of(KeptEvent)), rows)


UNDELIVERED = """
INSERT INTO webhook_delivery (webhook_id, position, event_id, type, subject, occurred_at,
                              installation_id, state, attempts, due_at, settled_at)
SELECT :hook, 1000000 + g, md5(g::text), 'message.created', 'conversations/' || g % 50000, now(),
       NULL, 'waiting', 0, CASE WHEN g <= 50000 THEN now() + interval '1 day' END, NULL
FROM generate_series(1, :count) AS g
"""


def add_undelivered(session: Session, count: int) -> None:
    """So much that waits for a webhook, in fifty thousand subjects."""
    session.execute(text("SET LOCAL statement_timeout = 0"))
    hook = session.scalars(select(Webhook.id).order_by(Webhook.id).limit(1)).one()
    session.execute(text(UNDELIVERED), {"hook": hook, "count": count})
