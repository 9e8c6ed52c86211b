"""Customer segments that prove themselves."""
