"""Let staff find customers, see all about one and decide: Django's admin, a little narrower.

Nowhere here is a password shown, set or searched, and no login address is changed.
"""

from django.contrib import admin
from django.contrib.auth import admin as _auth_admin  # noqa: F401  registers as it is read
from django.contrib.auth.models import Group
from django_otp.plugins.otp_totp.admin import TOTPDevice

from .account import AccountAdmin
from .audit import StaffEventAdmin
from .data import DataRequestAdmin
from .outbox import OutboxMessageAdmin
from .risk import HighRiskCountryAdmin
from .staff import StaffMemberAdmin
from .statistics import StatisticsAdmin
from .support_code import SupportCodeAdmin
from .survey import SourceAdmin

__all__ = [
    "AccountAdmin",
    "DataRequestAdmin",
    "HighRiskCountryAdmin",
    "OutboxMessageAdmin",
    "SourceAdmin",
    "StaffEventAdmin",
    "StaffMemberAdmin",
    "StatisticsAdmin",
    "SupportCodeAdmin",
]

# django-otp's own page would show seeds and take readable ones.
admin.site.unregister(TOTPDevice)
# What a role may do stands in one table (`accounts.desk.roles`), and a migration makes the groups.
admin.site.unregister(Group)
