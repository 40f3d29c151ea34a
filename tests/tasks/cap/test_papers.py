"""Every rule that a document can break is in the paper and, in words, on the screen."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def built() -> set[str]:
    """The rules' names: the second argument of every Fault, and of what reads a notation."""
    found = {"schema", "time"}
    for module in (ROOT / "zzd/tasks/cap").glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Fault", "_read"):
                rule = node.args[1]
                if isinstance(rule, ast.Constant):
                    found.add(rule.value)
    return found


def test_every_rule_is_in_the_paper_and_no_other() -> None:
    paper = (ROOT / "docs/cap.md").read_text()
    table = paper[paper.index("| rule |") : paper.index("The document is kept")]
    written = {
        name
        for row in re.findall(r"^\| (`.+?) \|", table, re.M)
        for name in re.findall(r"`(\w+)`", row)
    }
    assert written == built()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rule_has_words_on_the_screen(language: str) -> None:
    words = (ROOT / f"web/src/locales/{language}/warnings.ts").read_text()
    rules = words[words.index("rules: {") :]
    assert set(re.findall(r"^      (\w+): ", rules, re.M)) == built()
