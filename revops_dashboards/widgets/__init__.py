"""A file per widget of the dashboards: the rows that it shows, and its pictures."""
