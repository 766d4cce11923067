"""Data expectations: what `transforms.expectations` builds, and their evaluation in one pass over the data."""
