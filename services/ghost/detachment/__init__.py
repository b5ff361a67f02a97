"""Leaving a Ghost for good: its media copied, its addresses rewritten, its rows made ours.

`state` tells whether a site has left, `addresses` rewrites, `rows` makes rows ours, `leaving` is
the whole of it. See docs/operations.md and decision 0033.
"""
