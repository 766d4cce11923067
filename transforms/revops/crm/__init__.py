"""Import of a real CRM export: its files, described by a mapping, become the datasets of /RevOps/Scenario."""
