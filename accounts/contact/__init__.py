"""Let a customer change his phone number and his e-mail address himself."""
