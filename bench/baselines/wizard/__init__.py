"""Five trivial steps of a plain formtools wizard; a user is made at the end, nothing else."""
