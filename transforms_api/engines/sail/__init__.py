"""Sail, a second engine: which transforms can run on it."""
