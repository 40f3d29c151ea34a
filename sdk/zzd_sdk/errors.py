"""What the platform refuses, as one exception."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ZzdError(Exception):
    """A refusal: problem+json (RFC 9457), or an OAuth error (RFC 6749) at the token endpoint.

    ``code`` is stable and documented, ``errors`` are ``{pointer, detail}``, ``retry_after`` seconds
    where the platform says when to come again, ``body`` all that it said.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: list[dict[str, str]] | None = None,
        retry_after: float | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}" if detail else f"{status} {code}")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors or []
        self.retry_after = retry_after
        self.body = body or {}

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], body: Any) -> ZzdError:
        """From an answer; one that is no problem+json gets the code ``unexpected_answer``."""
        known = body if isinstance(body, dict) else {}
        after = headers.get("Retry-After", "")
        return cls(
            status,
            str(known.get("code") or known.get("error") or "unexpected_answer"),
            str(known.get("detail") or known.get("error_description") or known.get("title") or ""),
            errors=known.get("errors") if isinstance(known.get("errors"), list) else None,
            retry_after=float(after) if after.isdecimal() else None,
            body=known,
        )


class Unreachable(Exception):
    """No answer from the platform, though it was tried again."""
