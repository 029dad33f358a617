"""Lists of words that passwords are judged and proposed by; NOTICE.md says whose they are."""
