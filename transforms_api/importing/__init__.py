"""Files from outside that become datasets: a CRM export by its mapping, or a folder of Parquet, CSV, JSON or Delta."""
