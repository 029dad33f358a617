"""Remember sessions, and whose each is."""

from typing import TYPE_CHECKING

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from kantor.serving.sessions import SessionStore


class Session(AbstractBaseSession):
    """A session as Django keeps it, in Django's own table, with the account that is signed in.

    Django would find the sessions of an account only by opening every one. The column is written
    with the data that it follows from (`kantor.serving.sessions`). No foreign key: rows of a
    deleted account open nothing, and are purged like the others.
    """

    account_id = models.BigIntegerField(null=True, editable=False)

    class Meta(AbstractBaseSession.Meta):
        db_table = "django_session"
        indexes = [
            models.Index(
                fields=["account_id"],
                condition=Q(account_id__isnull=False),
                name="session_account",
            ),
        ]

    def __str__(self) -> str:
        # Never the key: who reads it is signed in.
        return f"#{self.account_id}" if self.account_id else "-"

    @classmethod
    def get_session_store_class(cls) -> "type[SessionStore]":
        from kantor.serving.sessions import SessionStore

        return SessionStore
