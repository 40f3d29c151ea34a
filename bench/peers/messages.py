"""The message that every server of the benchmark sends: 475 bytes as a Socket.IO packet."""

import time
import uuid
from datetime import UTC, datetime
from typing import Any

SIZE = 475
# What surrounds the text, in the packet; found by measuring one.
AROUND = 182


def filled() -> dict[str, Any]:
    return {
        "id": uuid.uuid4().hex,
        "type": "message.created",
        "occurred_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "data": data(),
    }


def data() -> dict[str, str]:
    return {"t": f"{time.monotonic_ns():020}", "text": "x" * (SIZE - AROUND)}
