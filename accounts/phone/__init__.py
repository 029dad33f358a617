"""Let the owner of an account look up and change its phone number without signing in."""
