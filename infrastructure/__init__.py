"""What every app of the platform stands on: settings, database, caching, HTTP, logs, metrics."""
