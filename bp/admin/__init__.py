"""The desk: what waits for somebody, and the settings of the site."""

from bp.admin import content, desk, jobs, machine, people, posts, site
from bp.admin.blueprint import blueprint

__all__ = ["blueprint", "content", "desk", "jobs", "machine", "people", "posts", "site"]
