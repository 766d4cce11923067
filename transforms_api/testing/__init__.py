"""What unit tests of transforms use: pytest's fixture `spark_session`, `TransformRunner` and `InMemoryDatastore`."""
