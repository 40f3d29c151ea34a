"""What is written agrees with what is built."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from openapi_spec_validator import validate

import zzd
from tests.client import ApiClient
from zzd.errors import Problem

ROOT = Path(__file__).resolve().parent.parent
# Those that Werkzeug raises for us, and what no class stands for.
BY_STATUS = {
    ("405", "method_not_allowed"),
    ("413", "too_large"),
    ("415", "unsupported_media_type"),
    ("500", "internal_error"),
}


def problem_classes(base: type[Problem] = Problem) -> Iterator[type[Problem]]:
    yield base
    for kind in base.__subclasses__():
        yield from problem_classes(kind)


def test_every_error_code_is_documented_and_no_other() -> None:
    for module in pkgutil.walk_packages(zzd.__path__, "zzd."):
        if "migrations" not in module.name:
            importlib.import_module(module.name)
    built = {
        (str(kind.status), kind.code)
        for kind in problem_classes()
        if kind.__module__.startswith("zzd.")
    }
    written = re.findall(r"^\| (\d{3}) \| `(\w+)`", (ROOT / "docs/errors.md").read_text(), re.M)
    assert set(written) == built | BY_STATUS
    assert written == sorted(written), "a code is looked up by its status and then its name"


# A proposal of one plan's steps, and what an app takes off its queue and acknowledges.
NO_LISTS = {"PlanProposal", "Events"}


def test_every_list_goes_on_with_a_cursor(anonymous: ApiClient) -> None:
    document = anonymous.get("/openapi.json")
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        answers = operations.get("get", {}).get("responses", {}).get("200", {})
        answer = answers.get("content", {}).get("application/json", {}).get("schema", {})
        name = answer.get("$ref", "").rpartition("/")[2]
        if "items" in schemas.get(name, {}).get("properties", {}) and name not in NO_LISTS:
            assert "next" in schemas[name]["properties"], path
        assert answer.get("type") != "array", path


def test_the_api_document_is_valid_openapi(anonymous: ApiClient) -> None:
    document = anonymous.get("/openapi.json")
    assert document["openapi"].startswith("3.1")
    validate(document)


def links(paper: Path) -> Iterator[Path]:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", paper.read_text()):
        if "://" not in target:
            yield (paper.parent / target).resolve()


@pytest.mark.parametrize("paper", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md")))
def test_papers_link_to_what_exists(paper: Path) -> None:
    assert [str(link) for link in links(paper) if not link.exists()] == []
