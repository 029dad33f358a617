"""Say whose account a page is about, where only its owner gets in."""

from django.http import HttpRequest

from accounts.models import User


def account_of(request: HttpRequest) -> User:
    """Return who is signed in; for views behind `signed_in`, which lets in nobody else."""
    assert isinstance(request.user, User)
    return request.user
