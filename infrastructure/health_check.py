"""Asks the app on this machine whether it serves: `python -m infrastructure.health_check`.

For the container's health check; exits with 0 or 1. It looks at `/livez` alone: a database that is
down is no reason to replace a process that serves cached pages (`/readyz` tells about that). Needs
the standard library only, and takes HOST and PORT from the environment, so that it is quick.
"""

import http.client
import os
import sys


def main() -> int:
    """Return 0 when the app serves, else 1 with the reason on standard error."""
    host = os.environ.get("HOST") or "127.0.0.1"
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not listened on
    connection = http.client.HTTPConnection(
        everywhere.get(host, host), int(os.environ.get("PORT") or "8000"), timeout=5
    )
    try:
        connection.request("GET", "/livez")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"The app does not answer: {error}\n")
        return 1
    finally:
        connection.close()
    if status != 200:
        sys.stderr.write(f"The app answers /livez with {status}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
