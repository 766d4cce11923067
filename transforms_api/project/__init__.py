"""A folder on disk becomes a graph of transforms."""
