"""Sign the link by which a reader of our news withdraws the consent to them, without signing in."""

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import override

from accounts.models import User

SALT = "accounts.news-link"
# What a token looks like: the number of the account, and the signature of 43 characters.
SHAPE = r"[0-9]{1,19}~[0-9A-Za-z_-]{43}"


class InvalidTokenError(Exception):
    """The token is broken, or made for something else, or signed with another key."""


def make(user: User) -> str:
    """Return the token of this account; it never expires, as old mails are read too."""
    return signing.Signer(salt=SALT).sign(str(user.pk)).replace(":", "~")


def read(token: str) -> int:
    """Return the number of the account that the token is about. Raises `InvalidTokenError`."""
    try:
        return int(signing.Signer(salt=SALT).unsign(token.replace("~", ":")))
    except (signing.BadSignature, ValueError) as error:
        raise InvalidTokenError from error


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
