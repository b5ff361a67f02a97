"""What sibling apps fetch of ours: the platform's menu."""

from bp.fragments import routes
from bp.fragments.routes import blueprint

__all__ = ["blueprint", "routes"]
