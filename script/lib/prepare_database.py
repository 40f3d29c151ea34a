"""Bring the database up to date, fill an empty one, put the sample mini-apps on its workbench and
write the demo accounts to a file: `zzd` time and again in one process, as loading it takes longest.
"""

import os
import sys
from contextlib import redirect_stdout
from pathlib import Path

from zzd import cli

APPS = Path(__file__).resolve().parents[2] / "apps"


def run_zzd(*arguments: str) -> None:
    sys.argv = ["zzd", *arguments]
    try:
        cli.main()
    except SystemExit as end:
        if end.code:
            raise


def main(accounts: Path, *credentials: Path) -> None:
    run_zzd("db", "upgrade")
    run_zzd("seed", "--if-empty")
    with accounts.open("w") as file, redirect_stdout(file):
        run_zzd("demo-accounts")
    addresses = (os.environ["SHELTERS_URL"], os.environ["ZONE_URL"])
    for name, entry, file in zip(("shelters", "typhoon_zone"), addresses, credentials, strict=True):
        manifest = str(APPS / name / "manifest.json")
        with redirect_stdout(None):
            options = ("--entry", entry, "--secret-file", str(file))
            run_zzd("miniapps", "publish-sample", manifest, *options)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
