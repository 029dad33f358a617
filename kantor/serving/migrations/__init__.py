"""Change the tables of what serves every page."""
