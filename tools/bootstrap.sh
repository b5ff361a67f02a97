#!/bin/sh
# Makes the virtual environment and installs what a lock file pins:
#
#     tools/bootstrap.sh requirements.lock
#
# Needs Python 3.11 or later and nothing else. Does nothing, in a few milliseconds, when all is there
# already. PYTHON names a Python to use, VENV another place than .venv.
set -eu
cd "$(dirname "$0")/.."
lock=$1
venv=${VENV:-.venv}

fail() {
    echo "$1" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if command -v "$candidate" >/dev/null && is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    found=$("${PYTHON:-python3}" -c 'import platform; print("this is " + platform.python_version())' 2>/dev/null) ||
        found="there is no ${PYTHON:-python3} here"
    fail "Python 3.11 or later is needed, and $found: install one, or name it as in make PYTHON=/path/to/python3.12 run."
}

# A virtual environment breaks when its folder is moved or when its Python is removed.
is_usable() {
    "$venv/bin/python" -c '' 2>/dev/null || return 1
    head -n 2 "$venv/bin/pip" | grep -qF "$(cd "$venv" && pwd -P)/bin/python"
}

stamp="$venv/.installed"
wanted=$(cksum <"$lock")
if is_usable 2>/dev/null; then
    if grep -qx "$lock $wanted" "$stamp" 2>/dev/null; then
        exit 0
    fi
    # Whoever has all for development has all to run.
    if [ "$lock" = requirements.lock ] &&
        grep -qx "requirements-dev.lock $(cksum <requirements-dev.lock)" "$stamp" 2>/dev/null; then
        exit 0
    fi
else
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$python cannot make virtual environments: install its venv module (on Debian and Ubuntu: apt-get install python3-venv)."
    rm -rf "$venv"
    "$python" -m venv "$venv" || fail "The virtual environment could not be made in $venv."
fi

echo "Installing $lock (once) ..." >&2
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" ||
    fail "The packages of $lock could not be installed: the lines above say why; then run the same again."
echo "$lock $wanted" >"$stamp"
