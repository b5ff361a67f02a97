"""Snippets: reusable pieces of documents, kept in a library, synced with posts that use them."""
