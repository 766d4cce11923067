"""Rules about code that works here and not on Foundry, or the other way round."""
