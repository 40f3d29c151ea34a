"""Every event that is pushed is known to the client, and has a test that stale state and it make the
fresh state."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
NAME = re.compile(r"[a-z_]+(\.[a-z_]+)?")
# Where the name stands among the arguments of what pushes.
PUSHING = {"publish": 1, "publish_all": 1, "publish_each": 1, "push": 0, "tell": 1, "_tell": 1}

MESSAGES = "tests/messaging/test_replay.py"
DIRECTIVES = "tests/tasks/test_replay.py"
DINGS = "tests/messaging/dings/test_replay.py"
# Where each is replayed.
REPLAYED = {
    "message.created": MESSAGES,
    "message.updated": MESSAGES,
    "message.recalled": MESSAGES,
    "messages.removed": MESSAGES,
    "receipt.updated": MESSAGES,
    "conversation.updated": MESSAGES,
    "conversation.removed": MESSAGES,
    "reactions.updated": MESSAGES,
    "pins.updated": MESSAGES,
    "favourite.updated": MESSAGES,
    "my.updated": MESSAGES,
    "draft.updated": MESSAGES,
    "notifications.updated": MESSAGES,
    "notice.updated": MESSAGES,
    "join_request.updated": MESSAGES,
    "bots.updated": MESSAGES,
    "card_action.updated": "tests/messaging/cards/test_buttons.py",
    "comment.created": "tests/messaging/test_comments.py",
    "comment.removed": "tests/messaging/test_comments.py",
    "confirmation.updated": "tests/messaging/test_confirmations.py",
    "confirmation.progress": "tests/messaging/test_confirmations.py",
    "scheduled.updated": "tests/messaging/test_scheduled.py",
    "ding.created": DINGS,
    "ding.repeated": DINGS,
    "ding.cancelled": DINGS,
    "ding.completed": DINGS,
    "ding.receipt": DINGS,
    "ding.progress": DINGS,
    "directive.issued": DIRECTIVES,
    "directive.copied": DIRECTIVES,
    "directive.ended": DIRECTIVES,
    "assignment.updated": DIRECTIVES,
    "rollup.updated": DIRECTIVES,
    "directive_draft.updated": DIRECTIVES,
    "escalation.fired": DIRECTIVES,
    "warning.received": "tests/tasks/cap/test_warnings.py",
    "warning.updated": "tests/tasks/cap/test_warnings.py",
    "unit.changed": "tests/orgtree/test_replay.py",
    "posts.changed": "tests/orgtree/test_replay.py",
    "presence.updated": "tests/orgtree/test_replay.py",
    "miniapp.closed": "tests/miniapps/test_replay.py",
    "todo.updated": "tests/miniapps/test_replay.py",
    "command.updated": "tests/miniapps/commanding/test_commands.py",
    "session.revoked": "tests/identity/test_sockets.py",
    "rooms.resync": "tests/messaging/test_moving.py",
}
# What lasts for a moment changes no state.
STATELESS = {"typing"}
# What apps alone are told.
FOR_APPS = {"command.invoked"}


def published() -> set[str]:
    """The names of all events that some line of zzd has pushed to clients."""
    found: set[str] = set()
    for file in (ROOT / "zzd").rglob("*.py"):
        tree = ast.parse(file.read_text())
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for named in _names(tree, everywhere=file.name == "events.py"):
            value = constants.get(named.id) if isinstance(named, ast.Name) else named
            name = value.value if isinstance(value, ast.Constant) else None
            if isinstance(name, str) and NAME.fullmatch(name):
                found.add(name)
    return found


def _names(tree: ast.Module, *, everywhere: bool) -> Iterator[ast.expr]:
    """What stands where a call that pushes has the name; in a package's ``events.py``, which has
    functions of its own to push with, whatever a call is given that has a name's dot."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if called in PUSHING:
            yield from node.args[PUSHING[called] :][:1]
        elif everywhere:
            for given in node.args:
                if isinstance(given, ast.Constant) and "." in str(given.value):
                    yield given


def test_every_event_has_a_test_that_stale_state_and_it_make_the_fresh_state() -> None:
    assert published() == set(REPLAYED) | STATELESS | FOR_APPS
    for name, file in REPLAYED.items():
        said = (ROOT / file).read_text()
        assert name in said or name.replace(".", "_") in said, f"{file} does not replay {name}"


def test_the_client_knows_every_event() -> None:
    """One that it does not name is heard by nobody."""
    listed = (ROOT / "web/src/realtime/events.ts").read_text().partition("const HEARD")[2]
    known = set(re.findall(r"^  '?([a-z_.]+)'?: true,$", listed, re.MULTILINE))
    assert known == published() - FOR_APPS
