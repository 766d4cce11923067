"""What the datasets of a pipeline promise, written in the languages of those who read them."""
