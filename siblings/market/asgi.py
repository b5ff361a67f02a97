"""The market app as an ASGI server loads it, with the settings of the environment."""

import path_setup  # noqa: F401 - first, so that what follows is found from any folder
from infrastructure.settings import load_settings
from siblings.market import create_app

app = create_app(load_settings())
