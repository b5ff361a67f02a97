"""Pieces of pages that the apps of the platform give each other over HTTP.

`FragmentClient` fetches them, `fragment` says which, `serving` answers those who ask us.
"""

from infrastructure.fragments.client import Fragment, FragmentClient, FragmentError, Origin
from infrastructure.fragments.kinds import KINDS, FragmentRequest, Viewer, fragment

__all__ = [
    "KINDS",
    "Fragment",
    "FragmentClient",
    "FragmentError",
    "FragmentRequest",
    "Origin",
    "Viewer",
    "fragment",
]
