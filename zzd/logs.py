"""What a process says of itself: one JSON object a line, on the standard error stream.

A traceback is files, lines and the error's own text; never the values of variables, which may
be somebody's message or password.
"""

from __future__ import annotations

import sys

import structlog


def configure() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        # Looked up for each line, so that whoever redirects the stream gets it.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
