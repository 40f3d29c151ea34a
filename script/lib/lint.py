"""script/lint: every check of the sources that needs no running server."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bootstrap import (
    BIN,
    PYTHON,
    WEB,
    install_web_packages,
    node_path,
    one_at_a_time,
    prepare_environment,
)
from processes import Group
from steps import ROOT, Failure, run_aloud, run_main, say

Check = Callable[[bool], bool]


def succeeds(*command: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> bool:
    return run_aloud(command, cwd=cwd, env=env) == 0


def python_sources() -> list[str]:
    folders = ("zzd", "tests", "sdk", "apps", "bench", "script", "deploy", "wsgi.py")
    return [name for name in folders if (ROOT / name).exists()]


def check_packages(_fix: bool) -> bool:
    """The lock files hold all that setup.cfg asks for, in versions that fit together."""
    return succeeds(PYTHON, "-m", "pip", "check")


def check_format(fix: bool) -> bool:
    return succeeds(BIN / "ruff", "format", *([] if fix else ["--check"]), *python_sources())


def check_style(fix: bool) -> bool:
    return succeeds(BIN / "ruff", "check", *(["--fix"] if fix else []), *python_sources())


def check_types(_fix: bool) -> bool:
    # sdk/js is no Python: mypy refuses a folder without any.
    packages = [name for name in ("zzd", "sdk") if any((ROOT / name).rglob("*.py"))]
    return succeeds(BIN / "mypy", *packages)


def check_walls(_fix: bool) -> bool:
    return succeeds(PYTHON, "-m", "pytest", "-q", "tests/test_walls.py")


def check_web(fix: bool) -> bool:
    with one_at_a_time():
        install_web_packages()
    env = {"PATH": node_path()}
    style = succeeds(
        "npm", "run", "--silent", "lint", *(["--", "--fix"] if fix else []), cwd=WEB, env=env
    )
    return succeeds("npm", "run", "--silent", "typecheck", cwd=WEB, env=env) and style


def check_web_tests(_fix: bool) -> bool:
    """The web client's unit tests: a part of script/test, and quick enough to be asked for here."""
    with one_at_a_time():
        install_web_packages()
    return succeeds("npm", "test", cwd=WEB, env={"PATH": node_path(), "CI": "1"})


CHECKS: dict[str, Check] = {
    "packages": check_packages,
    "format": check_format,
    "style": check_style,
    "mypy": check_types,
    "walls": check_walls,
    "web": check_web,
    "web-tests": check_web_tests,
}
IN_WEB = ("web", "web-tests")
OF_LINT = [name for name in CHECKS if name != "web-tests"]


def run_checks(names: list[str], fix: bool = False) -> None:
    """Run the checks named, those of the web client beside the others: they take as long and share
    nothing with them. Raises Failure that names those that found something."""
    prepare_environment("dev")
    web = [name for name in names if name in IN_WEB]
    rest = [name for name in names if name not in IN_WEB]
    if web and rest:
        with tempfile.TemporaryDirectory(prefix="zzd-lint-") as name, Group(Path(name)) as group:
            beside = group.start("web", command_of(web, fix))
            failed = run_in_turn(rest, fix)
            if beside.process.wait():
                failed += web
            say(beside.log.read_text(errors="replace"))
    else:
        failed = run_in_turn(names, fix)
    if failed:
        raise Failure(f"faults were found in: {', '.join(failed)}.")


def run_in_turn(names: list[str], fix: bool) -> list[str]:
    """Returns those that found something."""
    failed = []
    for name in names:
        say(f"\n  Checking {name}")
        if not CHECKS[name](fix):
            failed.append(name)
    return failed


def command_of(names: list[str], fix: bool) -> list[str]:
    only = [word for name in names for word in ("--only", name)]
    return [sys.executable, __file__, *only, *(["--fix"] if fix else [])]


def main() -> None:
    parser = argparse.ArgumentParser("script/lint", description="Check the sources.")
    parser.add_argument("--fix", action="store_true", help="repair what can be repaired")
    parser.add_argument(
        "--only", choices=CHECKS, action="append", help="run this check alone (may be repeated)"
    )
    options = parser.parse_args()
    run_checks(options.only or OF_LINT, options.fix)
    say("\n  No faults")


if __name__ == "__main__":
    run_main(main)
