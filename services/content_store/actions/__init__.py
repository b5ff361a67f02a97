"""The actions of the native store: one module for each thing that can be done to a post."""
