"""Programs for those who work on the project; nothing that the app itself needs."""
