"""A process of its own that starts (or shares) an embedded server, for the tests beside it.

`python hold_postgres.py FOLDER`: says what happened in one line of JSON, then keeps the server
until its standard input ends. Needs nothing but the standard library, so that users who cannot
reach the virtual environment can run it too.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from infrastructure.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError

server = EmbeddedPostgres(Path(sys.argv[1]))
try:
    url = server.start()
except EmbeddedPostgresError as error:
    print(json.dumps({"error": str(error)}), flush=True)
    sys.exit(1)
print(json.dumps({"url": url, "owned": server.owned}), flush=True)
sys.stdin.read()
server.stop()
