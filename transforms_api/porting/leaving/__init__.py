"""A pipeline leaves Foundry: as plain PySpark scripts, or as definitions of Spark Declarative Pipelines."""
