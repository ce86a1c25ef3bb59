"""What breaks around the service and what becomes of it: one table, a small size for CI and a full one by hand."""
