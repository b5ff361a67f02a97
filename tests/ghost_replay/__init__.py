"""A Ghost that is not one: a small server that answers as captured, and misbehaves when told to.

``ReplayGhost`` runs it; ``GhostSite`` is the site behind it, which a test edits as an editor would.
"""

from tests.ghost_replay.faults import Fault
from tests.ghost_replay.server import Loopback, ReplayGhost
from tests.ghost_replay.site import GhostSite, WebhookEvent

__all__ = ["Fault", "GhostSite", "Loopback", "ReplayGhost", "WebhookEvent"]
