"""Lighthouse over the sample site: see `__main__`."""
