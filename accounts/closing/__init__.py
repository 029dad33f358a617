"""Let customers close their accounts, reopen them for a while, and forget what is over then."""
