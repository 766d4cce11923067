"""Sail: a Spark Connect server in Rust without Java, and a scan for the transforms that it cannot compute."""
