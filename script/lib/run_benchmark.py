"""script/bench: list the benchmarks of bench/, or run one."""

import ast
import sys

from bootstrap import PYTHON, prepare_environment
from steps import ROOT, Failure, run_aloud, run_main, say


def benchmarks() -> dict[str, str]:
    """Names and the first line of what each says of itself."""
    return {
        path.stem: (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]
        for path in sorted((ROOT / "bench").glob("[!_]*.py"))
    }


def main() -> int:
    known = benchmarks()
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        say("usage: script/bench NAME [options]; the last line of its output is one JSON object\n")
        for name, purpose in known.items():
            say(f"  {name:12} {purpose}")
        return 0
    name, *arguments = sys.argv[1:]
    if name not in known:
        raise Failure(f"there is no benchmark {name}: choose one of {', '.join(known)}.")
    prepare_environment()
    # Benchmarks start and stop their servers with the modules beside this one.
    env = {"PYTHONPATH": str(ROOT / "script" / "lib")}
    return run_aloud([PYTHON, ROOT / "bench" / f"{name}.py", *arguments], env=env)


if __name__ == "__main__":
    run_main(main)
