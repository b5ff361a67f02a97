"""Everything between this app and a Ghost: the client, the mirror, webhooks, write-through."""
