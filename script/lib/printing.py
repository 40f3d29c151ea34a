"""What printing needs of the machine: the library that sets type, and a font with Chinese in it."""

import platform
import shutil
import subprocess
from ctypes.util import find_library
from pathlib import Path

from bootstrap import install_programs

# Debian's names; script/lib/bootstrap.py knows Homebrew's.
PANGO = ("libpango-1.0-0", "libpangoft2-1.0-0")
HOMEBREW = (Path("/opt/homebrew/lib"), Path("/usr/local/lib"))
CHINESE = "fonts-noto-cjk"


def require_printing() -> None:
    """Have situation reports printed in Chinese, or fail saying what is missing."""
    missing = [] if has_pango() else list(PANGO)
    if not can_draw_chinese():
        missing += [CHINESE] if shutil.which("fc-list") else [CHINESE, "fontconfig"]
    if missing:
        install_programs(missing, needed_for="situation reports cannot be printed")


def has_pango() -> bool:
    """Both parts of it: on macOS Homebrew keeps them where Python does not look by itself."""
    names = ("pango-1.0", "pangoft2-1.0")
    return all(
        find_library(name) or any((folder / f"lib{name}.dylib").exists() for folder in HOMEBREW)
        for name in names
    )


def can_draw_chinese() -> bool:
    if platform.system() == "Darwin":
        return True
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh"], capture_output=True).stdout.strip())
