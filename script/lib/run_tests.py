"""script/test: without arguments every check; with arguments, pytest alone with these arguments.

Both on servers and a browser of their own. What is missing is installed or ends the run; nothing is
skipped. Only tests/faults, where servers are killed and stopped for minutes, has a run to itself:
``script/test --faults`` with further arguments for pytest, if any.
"""

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from bootstrap import (
    PYTHON,
    build_web_client,
    install_programs,
    prepare_environment,
)
from lint import CHECKS, run_checks
from printing import require_printing
from processes import Group
from services import new_password, start_postgres, start_redis
from steps import Failure, run_aloud, run_main, say

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_BROWSERS = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)
FAULTS = "tests/faults"


def main() -> int:
    arguments = sys.argv[1:]
    prepare_environment("dev")
    require_printing()
    if "--faults" in arguments:
        arguments.remove("--faults")
        return run_pytest([FAULTS, *arguments])
    os.environ["ZZD_TEST_CHROMIUM"] = find_browser()
    build_web_client()
    if not arguments:
        run_checks(list(CHECKS))
        # Everything: in one process more than there are cores, since servers and browsers are waited for.
        processes = str((os.cpu_count() or 1) + 1)
        arguments = ["-n", processes, "--dist", "loadscope", "--no-loadscope-reorder"]
    named = any(FAULTS in argument for argument in arguments)
    return run_pytest(arguments if named else [f"--ignore={FAULTS}", *arguments])


def run_pytest(arguments: list[str]) -> int:
    """On private servers, which end with it."""
    with tempfile.TemporaryDirectory(prefix="zzd-test-") as name:
        folder = Path(name)
        # PostgreSQL runs as another user where we are root, and must get through to its data.
        folder.chmod(0o711)
        with Group(folder / "log") as group:
            start_test_services(group, folder)
            say("\n  Running pytest")
            # As a Ctrl-C would end it: pytest then puts away what its fixtures started.
            command: list[str | Path] = [PYTHON, "-m", "pytest", *arguments]
            return run_aloud(command, stop_signal=signal.SIGINT)


def find_browser() -> str:
    """A real Chromium, installed where we may."""
    browser = installed_browser()
    if not browser:
        install_programs(["chromium"], needed_for="the browser tests miss a program")
        browser = installed_browser()
    if not browser:
        raise Failure(
            "no Chromium on this machine: install chromium, or name it in ZZD_TEST_CHROMIUM."
        )
    return browser


def installed_browser() -> str | None:
    if named := os.environ.get("ZZD_TEST_CHROMIUM"):
        return shutil.which(named)
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return found or next((str(path) for path in MAC_BROWSERS if path.exists()), None)


def start_test_services(group: Group, folder: Path) -> None:
    """Name the servers that tests use: those the caller names, else private ones that forget."""
    if not os.environ.get("ZZD_TEST_DATABASE_URL"):
        os.environ["ZZD_TEST_DATABASE_URL"] = start_postgres(
            group, folder / "postgresql", password=new_password(), forgetful=True
        )
    if not os.environ.get("ZZD_TEST_REDIS_URL"):
        os.environ["ZZD_TEST_REDIS_URL"] = start_redis(group, password=new_password())


if __name__ == "__main__":
    run_main(main)
