"""The domains: what the app does, without HTTP and without templates."""
