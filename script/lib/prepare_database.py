"""Bring the database up to date, fill an empty one, put the sample mini-app on its workbench and
write the demo accounts to a file: `zzd` four times in one process, as loading it takes longest.
"""

import sys
from contextlib import redirect_stdout
from pathlib import Path

from zzd import cli

MANIFEST = Path(__file__).resolve().parents[2] / "apps" / "shelters" / "manifest.json"


def run_zzd(*arguments: str) -> None:
    sys.argv = ["zzd", *arguments]
    try:
        cli.main()
    except SystemExit as end:
        if end.code:
            raise


def main(accounts: Path, credentials: Path) -> None:
    run_zzd("db", "upgrade")
    run_zzd("seed", "--if-empty")
    with accounts.open("w") as file, redirect_stdout(file):
        run_zzd("demo-accounts")
    with redirect_stdout(None):
        run_zzd("miniapps", "publish-sample", str(MANIFEST), "--secret-file", str(credentials))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
