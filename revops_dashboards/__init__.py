"""The two dashboards of docs/dashboard_data_contracts.md, and a page about the build that made their tables.

They pick rows of tables and compute nothing that a contract would have to define. No JVM is started.
"""
