"""A data dictionary: every dataset of a project as a page, from what code, contracts and warehouse say of it."""
