"""What a build does: the plan, the scheduler, one job as a transaction over its outputs, and the report."""
