"""The app beside what it is compared with, in one run: see `__main__`."""
