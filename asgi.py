"""The app as an ASGI server loads it: `asgi:app`, with the settings of the environment."""

import path_setup  # noqa: F401 - first, so that what follows is found from any folder
from app import create_app

app = create_app()
