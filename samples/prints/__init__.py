"""The pictures of the sample site, cut and inked by program: a series of small linocuts."""
