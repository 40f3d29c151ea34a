"""``zzd-app sign-debug``: which part of a refused request differs from what was signed."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import BinaryIO

import click

from zzd_sdk.cli.project import secrets_of
from zzd_sdk.signing import explain


@click.command("sign-debug")
@click.argument("request_file", type=click.File("rb"), metavar="REQUEST")
@click.option("--secret", "secrets", multiple=True, help="Else ZZD_WEBHOOK_SECRET of .env.")
@click.option("--now", type=float, help="The time to judge by, in seconds since 1970; else now.")
def sign_debug(request_file: BinaryIO, secrets: tuple[str, ...], now: float | None) -> None:
    """Explain a signature. REQUEST is a file (or - for standard input) with the request as it came:
    header lines, an empty line, the body byte by byte."""
    kept = secrets_of(Path.cwd()).get("ZZD_WEBHOOK_SECRET", "")
    known = secrets or tuple(filter(None, kept.split()))
    if not known:
        raise click.ClickException("no secret: give --secret, or run it where .env is")
    headers, body = _parse(request_file.read())
    findings = explain(headers, body, known, time.time() if now is None else now)
    for finding in findings:
        click.echo(f"{'ok   ' if finding.ok else 'WRONG'}  {finding.part:10} {finding.says}")
    if not all(finding.ok for finding in findings):
        sys.exit(1)


def _parse(raw: bytes) -> tuple[dict[str, str], bytes]:
    """Headers of either line end; a request line before them is passed over."""
    ends = [(at, end) for end in (b"\r\n\r\n", b"\n\n") if (at := raw.find(end)) >= 0]
    if not ends:
        raise click.ClickException("there is no empty line between the headers and the body")
    at, end = min(ends)
    headers = {}
    for line in raw[:at].decode("latin-1").splitlines():
        name, colon, value = line.partition(":")
        if colon and " " not in name:
            headers[name] = value.strip()
    return headers, raw[at + len(end) :]
