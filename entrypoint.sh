#!/bin/sh
# What the container runs, from any folder: waits for the database of DATABASE_URL, migrates it under
# a lock (so any number of containers may start at once), removes the page cache's own keys from
# Redis, where an older version may have left its pages, and serves with WEB_CONCURRENCY workers.
# `make run` does the same, so it is all in one place: infrastructure/launcher.py.
set -eu
cd "$(dirname "$0")"

# `exec`, so that the container's stop signal reaches the launcher, which lets requests finish.
exec python -m infrastructure.launcher
