"""Let staff find customers, see all about one and decide: Django's admin, a little narrower.

Nowhere here is a password shown, set or searched, and no login address is changed.
"""

from django.contrib import admin
from django_otp.plugins.otp_totp.admin import TOTPDevice

from .account import AccountAdmin
from .data import DataRequestAdmin
from .outbox import OutboxMessageAdmin
from .survey import SourceAdmin

__all__ = ["AccountAdmin", "DataRequestAdmin", "OutboxMessageAdmin", "SourceAdmin"]

# django-otp's own page would show seeds and take readable ones.
admin.site.unregister(TOTPDevice)
