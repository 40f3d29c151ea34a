"""Every operation of the API document, called with what fits it and with what does not."""

from __future__ import annotations

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from tests.conftest import SignedIn

CALLERS = ("33.duty_officer", "33.leader", "system_admin")
# These end the very session that the calls are made with.
ENDING = ("/sessions", "/sessions/current", "/sessions/{session_id}")


def test_no_input_makes_the_server_fail(app: Flask, as_: SignedIn) -> None:
    """Each input from each of the callers: to think of it takes longer than to answer it."""
    headers = [{"Authorization": f"Bearer {as_(username).token}"} for username in CALLERS]
    document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    failures: list[str] = []
    calls = 0
    for found in document.get_all_operations():
        operation = found.ok()
        if operation.method == "delete" and operation.path.endswith(ENDING):
            continue
        for mode in schemathesis.GenerationMode:

            @settings(
                max_examples=1,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def call(case: schemathesis.Case) -> None:
                nonlocal calls
                for username, signed_in in zip(CALLERS, headers, strict=True):
                    calls += 1
                    answer = case.call(headers=signed_in)
                    if answer.status_code >= 500:
                        failures.append(
                            f"{username}: {case.method} {case.formatted_path} {case.body!r:.300}"
                        )

            try:
                call()
            except Unsatisfiable:
                # Nothing is wrong input to an operation that takes none.
                continue
    assert calls > 200 * len(CALLERS)
    assert failures == []
