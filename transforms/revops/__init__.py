"""The RevOps pipeline: from scenario data to two dashboards, as portable Foundry transforms.

Read it in build order: `scenario` and `reference`, `enrichment`, `analytics`, `dashboard`, `ai`. What every dataset
promises is in `contracts`; what several transforms share is in `common`.
"""
