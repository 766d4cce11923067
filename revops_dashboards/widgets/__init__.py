"""A file per widget of the dashboards: the rows that it shows, its tables and its charts."""
