"""Keep what is to be said once in a signed cookie, under a name of the settings."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage


class Storage(CookieStorage):
    """Django's own, whose name is fixed: in production a cookie of ours belongs to its host alone.

    Not Django's default, which goes on in the session what is too long: nobody is to have a row
    because something was said to him.
    """

    @property
    def cookie_name(self) -> str:  # type: ignore[override]  # a plain attribute there
        """Return the name of the cookie."""
        return str(settings.MESSAGES_COOKIE_NAME)
