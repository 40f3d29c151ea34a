"""Tables as files, for the tests of imports and exports."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook, load_workbook

from tests.client import ApiClient

Rows = Sequence[Sequence[object]]


def csv_file(rows: Rows, encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_file(rows: Rows) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rows_of(data: bytes) -> list[list[str]]:
    """The rows of an exported file, as they stand there."""
    if data.startswith(b"PK"):
        book = load_workbook(io.BytesIO(data), read_only=True)
        rows = [
            ["" if value is None else str(value) for value in row]
            for row in book.worksheets[0].iter_rows(values_only=True)
        ]
        book.close()
        return rows
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def upload(
    client: ApiClient, kind: str, data: bytes, *, dry_run: bool = False, status: int = 200
) -> Any:
    response = client.request(
        "POST",
        f"/imports/{kind}",
        data={"file": (io.BytesIO(data), "table")},
        query_string={"dry_run": str(dry_run).lower()},
    )
    assert response.status_code == status, response.get_data(True)
    return response.get_json()


def download(
    client: ApiClient, kind: str, unit_id: str, format_: str = "csv", *, status: int = 200
) -> bytes:
    query = {"unit_id": unit_id, "format": format_}
    response = client.request("GET", f"/exports/{kind}", query_string=query)
    assert response.status_code == status, response.get_data(True)
    data = response.get_data()
    response.close()
    return data
