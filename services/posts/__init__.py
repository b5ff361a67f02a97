"""Posts and pages: what readers see of them, and how they change."""
