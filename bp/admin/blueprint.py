"""The blueprint that the pages of the desk hang on."""

from quart import Blueprint

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
