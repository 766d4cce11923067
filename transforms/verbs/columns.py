"""Foundry's `transforms.verbs.columns`, of which no function is documented: they can be imported, not called."""

from transforms_api.runtime import undocumented_functions

__getattr__ = undocumented_functions(__name__)
