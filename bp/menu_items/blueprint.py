"""The blueprint that the pages of the menus' editor hang on."""

from quart import Blueprint

blueprint = Blueprint("menus", __name__, url_prefix="/admin/menus")
