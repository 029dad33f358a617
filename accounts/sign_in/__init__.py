"""Sign in by address, password and digits of the phone number, at the customers' door.

The address is asked on a page of its own; password and digits are judged together on the next.
"""
