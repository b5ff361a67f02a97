"""Changing many posts at once, each by itself: one that cannot be changed stops no other."""
