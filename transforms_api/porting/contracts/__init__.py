"""What the datasets of a pipeline promise, in the notations of those who read them."""
