"""Tell people from programs: a picture, the same by sound, or a code by e-mail."""
