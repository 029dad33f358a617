"""Review customers' accounts: who may do what, which decision follows which, whose case is next.

Pages of staff (`accounts.admin`, `accounts.staff`) ask; what is decided here holds for all of them.
"""
