"""Navigation: menus as editors make them, as they are published, and as readers see them."""
