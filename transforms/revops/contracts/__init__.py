"""Contracts of the datasets: fields, key and enumerations, as code that a build enforces."""
