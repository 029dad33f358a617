"""Let staff find customers, see all about one and decide: Django's admin, a little narrower.

Nowhere here is a password shown, set or searched, and no login address is changed.
"""

from .account import AccountAdmin
from .outbox import OutboxMessageAdmin
from .survey import SourceAdmin

__all__ = ["AccountAdmin", "OutboxMessageAdmin", "SourceAdmin"]
