"""An export that runs without Foundry: PySpark scripts, or definitions for Spark Declarative Pipelines."""
