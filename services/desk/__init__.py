"""What the desk shows at a glance."""
