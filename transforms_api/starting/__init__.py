"""A new project: a small pipeline that builds at once, in the layout of a Foundry repository."""
