"""What works here and would not on Foundry, or the other way round: found in the text of a project's modules."""
