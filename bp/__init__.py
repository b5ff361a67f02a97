"""HTTP only: each package here parses requests, authorizes, calls a service and renders."""
