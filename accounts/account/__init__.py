"""The customer's own account: how it stands, and his data in his own hands."""
