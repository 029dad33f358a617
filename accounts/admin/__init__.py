"""Let staff find customers, see all about one and decide: Django's admin, a little narrower.

Nowhere here is a password shown, set or searched, and no login address is changed.
"""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from .account import AccountAdmin
from .outbox import OutboxMessageAdmin
from .sign_in import sign_in
from .survey import SourceAdmin

__all__ = ["AccountAdmin", "OutboxMessageAdmin", "SourceAdmin", "sign_in"]

admin.site.site_header = _("kantor.pl – customer service")
admin.site.site_title = _("kantor.pl – customer service")
admin.site.index_title = _("What would you like to look after?")
admin.site.login = sign_in  # type: ignore[assignment, method-assign]
# Four kinds of things need no second menu; the tables need its width.
admin.site.enable_nav_sidebar = False
