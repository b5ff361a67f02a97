#!/bin/sh
# Sees to the programs that tests drive beside Python: a browser, a web server in front, a pooler; and
# to those that it is given by name:
#
#     tools/install_test_programs.sh wrk
#
# Where it may (root, with apt-get) it installs what is missing; else it says what to install, and the
# tests that need it are skipped.
set -eu

missing() { # PACKAGE PROGRAM...
    shift
    for program in "$@"; do
        if command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ]; then
            return 1
        fi
    done
}

wanted=""
if missing chromium chromium chromium-browser google-chrome; then wanted="$wanted chromium"; fi
if missing nginx-light nginx; then wanted="$wanted nginx-light"; fi
if missing pgbouncer pgbouncer; then wanted="$wanted pgbouncer"; fi
for program in "$@"; do
    if missing "$program" "$program"; then wanted="$wanted $program"; fi
done
[ -n "$wanted" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Some tests will be skipped; for all of them install:$wanted." >&2
    exit 0
fi

# Only the programs are wanted: no server of theirs shall start on this machine.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
fi
echo "Installing$wanted (once) ..." >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words
apt-get install -qq -y --no-install-recommends $wanted >/dev/null 2>&1 ||
    { apt-get update -qq && apt-get install -qq -y --no-install-recommends $wanted >/dev/null; } ||
    echo "Some tests will be skipped: apt-get could not install$wanted." >&2
