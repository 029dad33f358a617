"""Write dates as people here do; Django's own formats differ from that."""
