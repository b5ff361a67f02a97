"""Signing in and out, invitations, a fresh site's setup, and one's own account."""

from bp.auth import account, oidc, routes
from bp.auth.routes import blueprint

__all__ = ["account", "blueprint", "oidc", "routes"]
