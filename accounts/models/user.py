"""Remember who may sign in: the login, its password and the facts that open or close it."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import passwords
from accounts.values import email as email_address
from kantor.serving import erased, sql


class UserQuerySet(models.QuerySet["User"]):
    """Accounts, none of which is deleted unnoticed."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete them with everything about them, and remember it outside the database.

        Call it with their rows locked; one transaction. Raises OSError, and deletes nothing, when
        ERASED_LIST cannot be written.
        """
        keys = list(self.values_list("pk", flat=True)) if settings.ERASED_LIST else []
        with erased.remembered(keys):
            return super().delete()


class UserManager(BaseUserManager["User"]):
    """Make users and find the one activated account of an e-mail address."""

    def get_queryset(self) -> UserQuerySet:
        """Return accounts whose deletion is remembered."""
        return UserQuerySet(self.model, using=self._db)

    def having(self, email_key: str) -> "models.QuerySet[User]":
        """Return the account that has this normalised address: none, or one.

        It was activated, and its owner has not closed it; the database lets no second one have the
        address. Staff may have suspended it.
        """
        return self.filter(email_key=email_key, activated_at__isnull=False, closed_at=None)

    def insert_once(self, user: "User") -> bool:
        """Store this new user unless its attempt has become one already; tell whether it did.

        One INSERT; another one for the same attempt that is still at work is waited for. A refused
        INSERT is an error to PostgreSQL, whose log would quote the address and the hash in it.
        """
        user.set_keys()
        return bool(sql.insert(user, otherwise="ON CONFLICT (attempt) DO NOTHING"))

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the account that has this address, however it is spelled."""
        return self.having(email_address.normalise(username or "")).get()

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an activated account, as staff and demonstration data need it.

        A customer's account is made by `accounts.services.registration` instead: it starts
        inactive.
        """
        fields.setdefault("activated_at", timezone.now())
        fields.setdefault("is_active", True)
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a member of staff who may do everything."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """One login: pending until its link is used, then active until staff or its owner end that.

    `email` is kept as typed and written to; `email_key` is its normalised form, by which
    addresses are compared. Many pending users may share a key, and many that their owner closed;
    one activated user that is not closed may have it: the database holds that. `activated_at`,
    `suspended_at` (by staff) and `closed_at` (by its owner) are facts of their own, so an old link
    never opens what somebody else has ended; `is_active` follows from them.
    """

    email = models.EmailField(_("e-mail address (login)"), max_length=254)
    email_key = models.CharField(
        _("normalised e-mail address"), max_length=254, db_index=True, editable=False
    )
    # One for all spellings that reach one mailbox, so that an index finds its other accounts; empty
    # for accounts that an older release made, until the migration has filled it.
    mailbox_key = models.CharField(max_length=254, null=True, editable=False)  # noqa: DJ001
    is_active = models.BooleanField(_("active"), default=False, editable=False)
    is_staff = models.BooleanField(_("staff"), default=False)
    activated_at = models.DateTimeField(_("activated at"), null=True, blank=True, editable=False)
    suspended_at = models.DateTimeField(_("suspended at"), null=True, blank=True, editable=False)
    # Its owner has closed it; from here the time counts in which he can reopen it, and the purge.
    closed_at = models.DateTimeField(
        pgettext_lazy("account", "closed at"),
        null=True,
        blank=True,
        editable=False,
    )
    # Everything that named its owner was taken away, for good (`accounts.closing.anonymise`).
    anonymised_at = models.DateTimeField(
        pgettext_lazy("account", "anonymised at"), null=True, blank=True, editable=False
    )
    # Why staff closed it (`accounts.reasons`); empty while it is open.
    suspension_reason = models.CharField(
        _("reason"), max_length=20, blank=True, default="", db_default="", editable=False
    )
    # Since when the review of an open account has been waiting for staff; empty when it is decided.
    # Beside the facts of the account, so that one index finds the longest waiting one.
    waiting_since = models.DateTimeField(_("waiting since"), null=True, blank=True, editable=False)
    # Who of the staff has taken the case, and until when nobody else may.
    held_by = models.ForeignKey(
        "self",
        verbose_name=_("held by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    held_until = models.DateTimeField(null=True, blank=True, editable=False)
    # Set when too many guessed the password, or its owner disowned a sign-in; a reset by e-mail
    # clears it. Whoever tries a barred password hears the usual refusal.
    password_barred_at = models.DateTimeField(
        _("password blocked at"), null=True, blank=True, editable=False
    )
    # Sessions and known browsers of an older number are void, also one that is just being opened.
    access_serial = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # What staff see of a correction on the waiting page; the mistyped address is not kept.
    email_corrected_at = models.DateTimeField(
        _("e-mail address corrected at"), null=True, blank=True, editable=False
    )
    # Since when the customer has our word that we write when the Transaction Panel opens, and when
    # that mail was owed: once.
    panel_promised_at = models.DateTimeField(null=True, blank=True, editable=False)
    panel_announced_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The newest version of the terms that a mail to the customer was owed about.
    terms_told = models.CharField(
        max_length=10, default="", db_default="", blank=True, editable=False
    )
    language = models.CharField(
        _("language"), max_length=5, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    attempt = models.UUIDField(_("registration attempt"), unique=True, null=True, editable=False)
    link_serial = models.PositiveIntegerField(
        _("number of the newest activation link"), default=1, editable=False
    )
    # How authenticators name the account (WebAuthn's user handle): random, made with the first
    # passkey and kept, so that a new passkey takes the place of a removed one on the same device.
    passkey_handle = models.BinaryField(max_length=64, null=True, editable=False)
    created_at = models.DateTimeField(
        _("registered at"), default=timezone.now, db_index=True, editable=False
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        indexes = [
            models.Index(
                fields=["waiting_since"],
                condition=Q(is_active=True, waiting_since__isnull=False),
                name="user_waiting",
            ),
            models.Index(
                fields=["closed_at"],
                condition=Q(closed_at__isnull=False),
                name="closed_accounts",
            ),
            # A page of one filter is read from its index, in the order of the list.
            models.Index(fields=["is_active", "-id"], name="user_active"),
            models.Index(fields=["mailbox_key", "id"], name="user_mailbox"),
            models.Index(fields=["language", "-id"], name="user_language"),
            models.Index(
                fields=["-id"],
                condition=Q(activated_at=None, suspended_at=None),
                name="user_pending",
            ),
            models.Index(
                fields=["-id"], condition=Q(suspended_at__isnull=False), name="user_suspended"
            ),
            models.Index(
                fields=["-id"],
                condition=Q(closed_at__isnull=False, suspended_at=None),
                name="user_closed",
            ),
            models.Index(
                fields=["held_until"],
                condition=Q(held_until__isnull=False),
                name="user_held",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["email_key"],
                condition=Q(activated_at__isnull=False, closed_at=None),
                name="one_activated_account_per_email",
            ),
            models.CheckConstraint(
                condition=Q(is_active=False)
                | Q(activated_at__isnull=False, suspended_at__isnull=True, closed_at__isnull=True),
                name="active_means_neither_suspended_nor_closed",
            ),
        ]

    def __str__(self) -> str:
        # Ends up in the admin's history and in logs: a number, never a person's data.
        return f"#{self.pk}"

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Delete the account as `UserQuerySet.delete` does."""
        with erased.remembered([self.pk]):
            return super().delete(*args, **options)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the user; the comparison keys always follow the address."""
        self.set_keys()
        super().save(*args, **kwargs)

    def set_keys(self) -> None:
        """Let the comparison keys follow the address."""
        self.email_key = email_address.normalise(self.email)
        self.mailbox_key = email_address.mailbox(self.email_key)

    def clean(self) -> None:
        """Leave the address as typed: Django would lower-case its domain here."""

    def get_username(self) -> str:
        return self.email

    def set_password(self, raw_password: str | None) -> None:
        """Hash the password in its NFKC form, so that every keyboard spells it alike."""
        super().set_password(
            raw_password if raw_password is None else passwords.normalize(raw_password)
        )

    def check_password(self, raw_password: str | None) -> bool:
        """Compare with the stored hash; costs one hash whatever the answer."""
        return super().check_password(passwords.normalize(raw_password or ""))

    def get_session_auth_hash(self) -> str:
        """Return what a session has to hold to be one of this account as it is now."""
        return self._numbered(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Yield what sessions hold that were opened under an older key of the site."""
        return map(self._numbered, super().get_session_auth_fallback_hash())

    def _numbered(self, digest: str) -> str:
        # An account whose access was never closed has Django's own digest.
        return f"{digest}.{self.access_serial}" if self.access_serial else digest

    def password_context(self) -> list[str]:
        """Return the words that a password of this account must not lean on."""
        words = [self.email]
        customer = getattr(self, "customer", None)
        if customer is not None:
            words += customer.password_context()
        return words

    @property
    def is_pending(self) -> bool:
        """Tell whether the activation link is still waiting to be used."""
        return self.activated_at is None and self.suspended_at is None
