"""Spark: the session and its JVM, the sessions of jobs, profiles, errors, tables."""
