"""How the fediverse finds the site's actor and reads what it told."""

from bp.federation import discovery, routes
from bp.federation.routes import blueprint

__all__ = ["blueprint", "discovery", "routes"]
