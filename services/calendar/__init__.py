"""Calendars of containers: on our own tables (`sql`), or none at all (`null`)."""
