"""Sign in with more than a password: codes of an authenticator app, and recovery codes.

`services` decides and keeps, `codes` reads what is typed and makes recovery codes, `first_step`
remembers who still owes a code, `qr` draws. The pages are here too; who signs in by a code, and
who is told of a change, is for the callers to say.
"""
