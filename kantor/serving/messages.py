"""Keep what is to be said once in a signed cookie, under a name of the settings."""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.core import signing
from django.utils.functional import cached_property


class Storage(CookieStorage):
    """Django's own, whose name is fixed: in production a cookie of ours belongs to its host alone.

    Not Django's default, which goes on in the session what is too long: nobody is to have a row
    because something was said to him.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Not super().__init__ of CookieStorage: that one makes a signer for each request, and
        # hardly any says something or has something to say.
        super(CookieStorage, self).__init__(*args, **kwargs)

    @cached_property
    def signer(self) -> signing.TimestampSigner:
        """Return what signs and reads the cookie."""
        return signing.get_cookie_signer(salt=self.key_salt)

    @property
    def cookie_name(self) -> str:  # type: ignore[override]  # a plain attribute there
        """Return the name of the cookie."""
        return str(settings.MESSAGES_COOKIE_NAME)
