"""Sign the link by which a reader of our news withdraws the consent to them, without signing in."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from accounts import signed_number
from accounts.models import User

SALT = "accounts.news-link"


def make(user: User) -> str:
    """Return the token of this account; it never expires, as old mails are read too."""
    return signed_number.make(user.pk, SALT)


def read(token: str) -> int:
    """Return the number of the account. Raises the error of `signed_number.read`."""
    return signed_number.read(token, SALT)


def address(user: User, language: str) -> str:
    """Return the absolute link for the text of a mail with news in this language."""
    with override(language):
        return f"{settings.BASE_URL}{reverse('accounts:news-withdrawal', args=[make(user)])}"


def headers(user: User, language: str) -> dict[str, str]:
    """Return the headers that every mail with news carries (RFC 2369 and RFC 8058, section 3.1).

    The DKIM signature of the mail has to cover both.
    """
    return {
        "List-Unsubscribe": f"<{address(user, language)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
