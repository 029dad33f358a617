"""Count by day what happens, and read it again: how often, never who."""
