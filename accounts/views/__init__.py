"""Answer the requests about an account: its activation, its owner's sign-in and data."""
