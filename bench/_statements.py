"""How many SQL statements a message costs the server, counted on the engine."""

from __future__ import annotations

from _people import Person
from sqlalchemy import event

from zzd import create_app
from zzd.db import database
from zzd.settings import Settings

MESSAGES, SENDERS = 100, 10


def statements_per_message(url: str, people: list[Person]) -> float:
    """Everything from the request to the deletion of the sent event, recognising the sender
    included; BEGIN and COMMIT aside. Ten people speak in turn, as in half a second at 200/s."""
    app = create_app(Settings(database_url=url, secret_key="x" * 40))
    seen: list[str] = []
    with app.app_context():
        client = app.test_client()

        def post(path: str, person: Person, body: object) -> dict:
            headers = {"Authorization": f"Bearer {person.token}"}
            answer = client.post(f"/api/v1{path}", json=body, headers=headers)
            assert answer.status_code == 201, answer.get_data(as_text=True)
            return answer.get_json()

        members = [str(person.official_id) for person in people[1:]]
        group = {"kind": "group", "name": "防汛值班", "official_ids": members}
        path = f"/conversations/{post('/conversations', people[0], group)['id']}/messages"
        post(path, people[0], {"text": "收到"})

        @event.listens_for(database().engine, "before_cursor_execute")
        def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            if not statement.startswith("BEGIN"):
                seen.append(statement)

        for number in range(MESSAGES):
            post(path, people[number % SENDERS], {"text": f"收到 {number}"})
        app.extensions["zzd.published"].flush()
        database().engine.dispose()
    return round(len(seen) / MESSAGES, 2)
