"""Sign in, confirm that it is you and add a way in with a passkey (WebAuthn level 3)."""
