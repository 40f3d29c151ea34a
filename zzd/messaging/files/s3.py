"""Contents in a bucket of an S3-compatible store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import structlog
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from zzd.errors import Unavailable
from zzd.messaging.files.storage import PIECE, Missing
from zzd.settings import Settings

log = structlog.get_logger()

ABSENT = {"NoSuchKey", "404"}


class S3Store:
    """One client of a process. Its sockets are gevent's, so that it waits beside the others."""

    def __init__(self, settings: Settings) -> None:
        self._bucket = settings.s3_bucket
        self._prefix = settings.s3_prefix
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=settings.s3_endpoint,
            region_name=settings.s3_region,
            config=Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"max_attempts": 4, "mode": "standard"},
                max_pool_connections=50,
                # Stores other than Amazon's know neither newer checksums nor a bucket's own host.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path"} if settings.s3_endpoint else {},
            ),
        )

    def put(self, key: str, source: Path) -> None:
        config = TransferConfig(use_threads=False)
        with _answering():
            self._client.upload_file(str(source), self._bucket, self._prefix + key, Config=config)

    def read(self, key: str, start: int, length: int) -> Iterator[bytes]:
        span = f"bytes={start}-{start + length - 1}"
        with _answering():
            answer = self._client.get_object(
                Bucket=self._bucket, Key=self._prefix + key, Range=span
            )
        return _pieces(answer["Body"])

    def delete(self, key: str) -> None:
        with _answering():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def list_keys(self) -> Iterator[tuple[str, datetime]]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
            for each in page.get("Contents", ()):
                yield each["Key"].removeprefix(self._prefix), each["LastModified"]


@contextmanager
def _answering() -> Iterator[None]:
    """Raises Missing, and Unavailable where the store does not do what it should."""
    try:
        yield
    except (BotoCoreError, Boto3Error, ClientError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        if code in ABSENT:
            raise Missing from None
        log.error("the file store does not answer", exc_info=error)
        raise Unavailable(headers={"Retry-After": "5"}) from error


def _pieces(body: Any) -> Iterator[bytes]:
    try:
        yield from body.iter_chunks(PIECE)
    finally:
        body.close()
