"""What hangs on a post: what the forms of its dates and offers say."""
