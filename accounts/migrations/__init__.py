"""Bring the database from one version of the models to the next."""
