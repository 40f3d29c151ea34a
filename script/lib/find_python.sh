# Sourced by the commands in script/: runs one of script/lib/*.py with a Python that is new enough.
# Everything past this file is Python's standard library, so that Debian, Ubuntu and macOS (bash 3.2) behave alike.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# The environment that the last run made comes first: later starts then spend no time looking.
find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} "$root/.venv/bin/python" \
        python3.13 python3.12 python3.11 python3 python3.14; do
        if command -v "$candidate" >/dev/null 2>&1 && is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    local found
    found="$(python3 --version 2>/dev/null || echo 'no Python 3')"
    echo "error: ZZD needs Python 3.11 or newer and found $found." \
        "Install it (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python@3.13)" \
        "or name it: PYTHON=/path/to/python3 $0" >&2
    return 1
}

run_with_python() {
    local python program="$1"
    shift
    python="$(find_python)" || exit 1
    exec "$python" "$root/script/lib/$program" "$@"
}
