"""Carts of people and of sessions: on our own tables (`sql`), or none at all (`null`)."""
