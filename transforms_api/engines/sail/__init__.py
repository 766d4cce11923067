"""Sail: a Spark Connect server in Rust, which starts in a tenth of a second and needs no Java."""
