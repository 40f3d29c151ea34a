from __future__ import annotations

import json

import pytest
import structlog
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from zzd.db import reading


def test_a_traceback_says_where_and_never_what_people_wrote(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "a secret of mine"
    try:
        with reading() as session:
            session.execute(text("SELECT nothing FROM nowhere WHERE a = :words"), {"words": words})
    except DBAPIError as error:
        structlog.get_logger().error("unexpected error", exc_info=error)
    line = capsys.readouterr().err
    said = json.loads(line)
    assert (said["event"], said["level"]) == ("unexpected error", "error")
    assert "test_logs.py" in said["exception"]
    assert words not in line
