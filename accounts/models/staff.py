"""Remember what members of staff did, wrote down and like to look at."""

import hashlib
import json
from datetime import UTC
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models.user import User, UserManager

NOTE_LENGTH = 2_000
VIEWS_EACH = 20


class StaffEvent(models.Model):
    """One thing that a member of staff did or saw; rows are added, never changed.

    Accounts are numbers without a foreign key: what was done outlives who did it and to whom. The
    values before and after are masked (`accounts.desk.masks`) and never secrets. Written in the
    transaction of what it records, or neither happens. The database refuses to change a row
    (`accounts.models.event_guard`), but for its digest, once.
    """

    class Action(models.TextChoices):
        """What was done."""

        SIGNED_IN = "signed_in", _("sign-in")
        SIGN_IN_FAILED = "sign_in_failed", _("failed sign-in")
        SIGNED_OUT = "signed_out", _("sign-out")
        VIEWED = "viewed", _("case opened")
        LISTED = "listed", _("list opened")
        SEARCHED = "searched", _("search")
        REVEALED = "revealed", _("field revealed")
        TAKEN = "taken", _("case taken")
        RELEASED = "released", _("case released")
        APPROVED = "approved", _("approved")
        CORRECTION_ASKED = "correction_asked", _("correction asked for")
        REJECTED = "rejected", _("rejected")
        REOPENED = "reopened", _("reopened")
        PROPOSED = "proposed", _("proposed to a second person")
        CONFIRMED = "confirmed", _("confirmed by a second person")
        RETURNED = "returned", _("returned by a second person")
        WITHDRAWN = "withdrawn", _("proposal withdrawn")
        SUSPENDED = "suspended", _("account suspended")
        RESTORED = "restored", _("account restored")
        REQUEST_DECIDED = "request_decided", _("request for a change decided")
        CORRECTED = "corrected", _("details corrected")
        CONTACT_PROPOSED = "contact_proposed", _("phone or e-mail proposed to a second person")
        CONTACT_CONFIRMED = "contact_confirmed", _("phone or e-mail confirmed by a second person")
        CONTACT_REFUSED = "contact_refused", _("phone or e-mail refused by a second person")
        CONTACT_WITHDRAWN = "contact_withdrawn", _("proposed phone or e-mail withdrawn")
        NOTED = "noted", _("note written")
        LINK_SENT = "link_sent", _("activation link sent again")
        RESET_SENT = "reset_sent", _("password reset mail sent")
        SESSIONS_ENDED = "sessions_ended", _("sessions ended")
        CODE_TYPED = "code_typed", _("code for the consultant typed")
        REGISTER_ASKED = "register_asked", _("register asked")
        RISK_CHANGED = "risk_changed", _("high-risk countries changed")
        STAFF_CHANGED = "staff_changed", _("staff account changed")
        FACTOR_RESET = "factor_reset", _("sign-in methods of staff reset")
        STATISTICS_SEEN = "statistics_seen", _("statistics looked at")
        EXPORTED = "exported", _("export")
        ERASED = "erased", _("account erased")
        HOLD_SET = "hold_set", _("deletion held")
        HOLD_RELEASED = "hold_released", _("hold released")
        COPIED = "copied", _("copy of the details made")
        ANONYMISED = "anonymised", _("customer anonymised")

    at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    actor = models.BigIntegerField(_("who"), null=True)
    role = models.CharField(_("role"), max_length=20, blank=True)
    session = models.CharField(_("session"), max_length=16, blank=True)
    network = models.CharField(_("network"), max_length=43, blank=True)
    action = models.CharField(_("what"), max_length=20, choices=Action.choices)
    customer = models.BigIntegerField(_("account"), null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    before = models.JSONField(_("before"), default=dict, blank=True)
    after = models.JSONField(_("after"), default=dict, blank=True)
    # Set by `seal_audit`, once: over this row and the digest of the one before it.
    digest = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)

    class Meta:
        verbose_name = _("event of staff")
        verbose_name_plural = _("audit log")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["customer", "-id"], name="staff_event_of_customer"),
            models.Index(fields=["actor", "-id"], name="staff_event_of_actor"),
            models.Index(fields=["action", "-id"], name="staff_event_of_action"),
            models.Index(fields=["role", "-id"], name="staff_event_of_role"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; refuse to change one that is stored."""
        if not self._state.adding:
            raise TypeError("An event is append-only: add a new row instead.")
        super().save(*args, **kwargs)

    def digest_after(self, previous: str) -> str:
        """Return the SHA-256, in hexadecimal, of this row and of the digest before it.

        `previous` is empty for the first row of all. What is hashed is a JSON array without spaces,
        in ASCII, the keys of its objects sorted: that digest, the row's number, the time in UTC to
        the microsecond with its offset, actor, role, session, network, action, customer, reason,
        before, after. No secret is in it: whoever has the rows can count them again.
        """
        stated = [
            previous,
            self.pk,
            self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            self.actor,
            self.role,
            self.session,
            self.network,
            str(self.action),
            self.customer,
            self.reason,
            self.before,
            self.after,
        ]
        text = json.dumps(stated, separators=(",", ":"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


# What is about staff, not about a customer.
ABOUT_STAFF = frozenset(
    {
        StaffEvent.Action.SIGNED_IN,
        StaffEvent.Action.SIGN_IN_FAILED,
        StaffEvent.Action.SIGNED_OUT,
        StaffEvent.Action.STAFF_CHANGED,
        StaffEvent.Action.FACTOR_RESET,
    }
)
# Whoever may not read of AML must not see these either (art. 54 of the AML act of 1 March 2018).
ABOUT_HOLDS = frozenset({StaffEvent.Action.HOLD_SET, StaffEvent.Action.HOLD_RELEASED})


class StaffMember(User):
    """The account of a member of staff, for the page on which administrators look after it."""

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        proxy = True
        verbose_name = _("staff account")
        verbose_name_plural = _("staff accounts")


class AccountProposal(models.Model):
    """What an officer proposes about an account, until another officer has answered.

    One at a time for an account. A proposal about its review stands beside the review.
    """

    class What(models.TextChoices):
        """What is proposed."""

        RESTORE = "restore", pgettext_lazy("desk", "Restore the account")
        ERASE = "erase", _("Delete the account")

    user = models.OneToOneField(
        User, verbose_name=_("account"), on_delete=models.CASCADE, related_name="account_proposal"
    )
    what = models.CharField(max_length=10, choices=What.choices)
    reason = models.CharField(_("reason"), max_length=20)
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("proposal about an account")
        verbose_name_plural = _("proposals about accounts")

    def __str__(self) -> str:
        return f"#{self.pk}"


class StaffNote(models.Model):
    """What a member of staff wrote down about a customer; never for him, never changed.

    Notes about money laundering are read by reviewers, officers and auditors alone (art. 54 of the
    AML act of 1 March 2018 forbids telling the customer).
    """

    class Kind(models.TextChoices):
        """Who may read it."""

        ORDINARY = "ordinary", _("ordinary")
        AML = "aml", _("AML")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        related_name="notes",
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.ORDINARY)
    text = models.TextField(_("text"), max_length=NOTE_LENGTH)
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; refuse to change one that is stored."""
        if not self._state.adding:
            raise TypeError("A note is append-only: write another one.")
        super().save(*args, **kwargs)


class SavedView(models.Model):
    """Filters of the list that a member of staff comes back to; never words of a search."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.CASCADE,
        related_name="saved_views",
    )
    name = models.CharField(_("name"), max_length=60)
    filters = models.JSONField(_("filters"), default=dict)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="one_view_of_a_name_each"),
        ]

    def __str__(self) -> str:
        return self.name
