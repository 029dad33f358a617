"""Tell customers what happened: the messages, their queue and their delivery."""
