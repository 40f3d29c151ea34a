"""Every operation of the API document, called with what fits it and with what does not."""

from __future__ import annotations

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from tests.conftest import SignedIn

EXAMPLES = 2
# These end the very session that the calls are made with.
ENDING = ("/sessions", "/sessions/current", "/sessions/{session_id}")


@pytest.mark.parametrize("username", ["33.duty_officer", "33.leader", "system_admin"])
def test_no_input_makes_the_server_fail(app: Flask, as_: SignedIn, username: str) -> None:
    headers = {"Authorization": f"Bearer {as_(username).token}"}
    document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    failures: list[str] = []
    calls = 0
    for found in document.get_all_operations():
        operation = found.ok()
        if operation.method == "delete" and operation.path.endswith(ENDING):
            continue
        for mode in schemathesis.GenerationMode:

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def call(case: schemathesis.Case) -> None:
                nonlocal calls
                calls += 1
                answer = case.call(headers=headers)
                if answer.status_code >= 500:
                    failures.append(f"{case.method} {case.formatted_path} {case.body!r:.300}")

            try:
                call()
            except Unsatisfiable:
                # Nothing is wrong input to an operation that takes none.
                continue
    assert calls > 200
    assert failures == []
