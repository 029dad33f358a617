"""Decide and record what happens to an account. No HTTP here, no forms, no templates."""
