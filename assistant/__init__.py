"""One question becomes one verified answer."""
