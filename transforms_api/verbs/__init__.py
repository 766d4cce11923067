"""Functions on DataFrames that transforms call: Foundry's `transforms.verbs`."""
