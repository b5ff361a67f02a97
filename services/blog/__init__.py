"""What the blog offers to its sibling domains; see `services.contracts.blog`."""
