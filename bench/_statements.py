"""How many SQL statements a message costs the server, counted on the engine."""

from __future__ import annotations

from typing import NamedTuple

from _people import Person
from sqlalchemy import event

from zzd import create_app
from zzd.db import database
from zzd.settings import Settings

MESSAGES, SENDERS = 100, 10
# What is not the message's own, by what its statements are told by: a caller who was silent for
# three seconds is recognised, and sent events are deleted, those of half a second together.
RECOGNISING, DELETING = "login_session", "DELETE FROM outbox"


class Statements(NamedTuple):
    """``message`` is what one takes from the request to the commit, on average, the others are
    what all of them took besides."""

    message: float
    recognising: int
    deleting: int

    def line(self) -> str:
        return (
            f"  statements: {self.message:g} a message; of {MESSAGES} messages of {SENDERS} people"
            f" besides {self.recognising} to recognise them, {self.deleting} to delete sent events"
        )


def count_statements(url: str, people: list[Person]) -> Statements:
    """BEGIN and COMMIT aside. Ten people speak in turn, as in half a second at 200/s."""
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
    recognising = sum(RECOGNISING in each for each in seen)
    deleting = sum(each.startswith(DELETING) for each in seen)
    return Statements((len(seen) - recognising - deleting) / MESSAGES, recognising, deleting)
