"""The walls of the house: who may import whom, read from the imports themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

KERNEL = {
    "settings",
    "clock",
    "compression",
    "db",
    "due",
    "gathering",
    "beside",
    "bulk",
    "characters",
    "errors",
    "api",
    "principal",
    "pool",
    "logs",
    "migrate",
    "outgoing",
    "health",
    "metrics",
    "pages",
    "pairwise",
    "realtime",
    "sealing",
    "audit",
}
# What each package may import besides itself and the kernel.
BELOW = {
    "orgtree": set(),
    "identity": {"orgtree"},
    "messaging": {"orgtree", "identity"},
    "tasks": {"orgtree", "identity", "messaging"},
    "miniapps": {"orgtree", "identity", "messaging"},
}
# They put everything together, and nothing imports them.
ABOVE_ALL = {"__init__", "__main__", "cli", "models", "sample", "migrations", "worker"}
# The vocabulary that packages above may use in their own queries. Other tables stay at home.
SHARED_TABLES = {("orgtree", name) for name in ("Unit", "Line", "Post", "Official")}


@dataclass(frozen=True)
class Import:
    """``file`` takes ``name`` (or the whole module) from ``module``, a path below zzd."""

    file: str
    line: int
    module: tuple[str, ...]
    name: str | None

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {'.'.join(self.module)} {self.name or ''}"


def _imports(path: Path, code: str) -> Iterator[Import]:
    file = str(path.relative_to(ROOT))
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(file, node.lineno, tuple(alias.name.split(".")), None)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, *(node.module or "").split(".")) if node.module else base
            for alias in node.names:
                yield Import(file, node.lineno, module, alias.name)


def _within(folder: Path) -> list[Import]:
    return [
        found
        for path in sorted(folder.rglob("*.py"))
        if "node_modules" not in path.parts
        for found in _imports(path, path.read_text(encoding="utf-8"))
    ]


def _modules_of_zzd(found: Import) -> tuple[str, str | None] | None:
    """The top-level module below zzd, and the one within it, that an import reaches."""
    parts = found.module
    if parts[:1] != ("zzd",):
        return None
    if len(parts) == 1:
        return (found.name or "__init__", None)
    within = parts[2] if len(parts) > 2 else found.name
    return (parts[1], within)


def _place(file: str) -> str:
    return Path(file).parts[1].removesuffix(".py")


IMPORTS = _within(ROOT / "zzd")


def test_every_part_of_the_house_has_its_place() -> None:
    there = {
        path.name.removesuffix(".py")
        for path in (ROOT / "zzd").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    unplaced = there - KERNEL - set(BELOW) - ABOVE_ALL
    assert not unplaced, f"say in this test where {sorted(unplaced)} belong"


def test_nobody_imports_from_above() -> None:
    through_walls = []
    for found in IMPORTS:
        here, reached = _place(found.file), _modules_of_zzd(found)
        if here in ABOVE_ALL or reached is None:
            continue
        target = reached[0]
        allowed = KERNEL | {here} if here in KERNEL else KERNEL | {here} | BELOW[here]
        if target not in allowed and target != "__version__":
            through_walls.append(str(found))
    assert not through_walls, "\n".join(through_walls)


def test_packages_reach_each_other_by_services_and_never_by_tables() -> None:
    reaching = []
    for found in IMPORTS:
        here, reached = _place(found.file), _modules_of_zzd(found)
        if here in ABOVE_ALL or reached is None or reached[0] == here:
            continue
        target, within = reached
        whole_module = found.module == ("zzd", target)
        if within == "models" and (whole_module or (target, found.name) not in SHARED_TABLES):
            reaching.append(str(found))
        if within and within.startswith("_"):
            reaching.append(str(found))
    assert not reaching, "\n".join(reaching)


def test_apps_and_the_sdk_know_nothing_of_the_server() -> None:
    inside = [
        str(found)
        for folder in ("apps", "sdk")
        for found in _within(ROOT / folder)
        if found.module[:1] == ("zzd",)
    ]
    assert not inside, "\n".join(inside)


def test_the_walls_would_be_seen_through() -> None:
    """That an import is recognised however it is written."""
    for code, expected in (
        ("from zzd.miniapps import reviews", ("miniapps", "reviews")),
        ("from zzd import miniapps", ("miniapps", None)),
        ("import zzd.miniapps.models", ("miniapps", "models")),
        ("from zzd.miniapps.models import App", ("miniapps", "models")),
        ("from ..miniapps import models", ("miniapps", "models")),
        ("from .. import miniapps", ("miniapps", None)),
    ):
        found = _imports(ROOT / "zzd" / "tasks" / "x.py", code)
        assert [_modules_of_zzd(each) for each in found] == [expected], code
