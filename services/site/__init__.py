"""The site itself: its settings as every page shows them."""
