"""The build graph with the states of its datasets, drawn in several notations."""
