"""Ways to run the service; nothing in here is imported by it."""
