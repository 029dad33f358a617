"""Serve pages well: kept, compressed, within a session; nothing here knows what they are about."""
