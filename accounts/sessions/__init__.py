"""Open, follow and end what an account is signed in with, and show its owner the ways into it.

Every door calls `opening.open_session`, once it has judged; the middleware does the rest.
"""
