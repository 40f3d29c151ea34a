"""script/lint: every check of the sources that needs no running server."""

import argparse
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


CHECKS: dict[str, Check] = {
    "packages": check_packages,
    "format": check_format,
    "style": check_style,
    "mypy": check_types,
    "walls": check_walls,
    "web": check_web,
}


def run_checks(names: list[str], fix: bool = False) -> None:
    """Run the checks named. Raises Failure that names those that found something."""
    prepare_environment("dev")
    failed = []
    for name in names:
        say(f"\n  Checking {name}")
        if not CHECKS[name](fix):
            failed.append(name)
    if failed:
        raise Failure(f"script/lint found faults in: {', '.join(failed)}.")
    say("\n  No faults")


def main() -> None:
    parser = argparse.ArgumentParser("script/lint", description="Check the sources.")
    parser.add_argument("--fix", action="store_true", help="repair what can be repaired")
    parser.add_argument(
        "--only", choices=CHECKS, action="append", help="run this check alone (may be repeated)"
    )
    options = parser.parse_args()
    run_checks(options.only or list(CHECKS), options.fix)


if __name__ == "__main__":
    run_main(main)
