"""The sample site: a coop's own blog that an empty installation starts with."""
