"""Give a customer a copy of all that is kept of him, and say why and until when it is kept.

Why and until when stands in `accounts.retention`; which fields are in the copy, in `fields`.
"""
