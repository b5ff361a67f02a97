"""The blueprint that the routes of writing hang on."""

from quart import Blueprint

blueprint = Blueprint("writing", __name__)
