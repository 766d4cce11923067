"""Foundry transforms that run anywhere: the local runtime behind `transforms.api`.

Rooms, from the bottom up: `errors`; `declare`, `store`, `checks`; `graph`, `runtime`; `build`; `cli`.
"""
