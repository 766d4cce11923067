"""Foundry transforms that run anywhere: the local runtime behind `transforms.api`."""
