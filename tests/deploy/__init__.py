"""What is shipped to run the service with: it starts, it holds, and it is well formed."""
