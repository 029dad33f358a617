"""Remember what a customer told about himself or his company."""

from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models.words import CustomerWord, search_key
from accounts.reasons import Rejection
from accounts.values.names import owner_name
from kantor.serving import sql


class Kind(models.TextChoices):
    """Tell a company from a private person, as step 1 of the guide does."""

    COMPANY = "company", _("Company")
    PERSON = "person", _("Individual person")


class ReviewState(models.TextChoices):
    """Where staff are with checking a customer; activation does not depend on it."""

    NEW = "new", _("to be reviewed")
    APPROVED = "approved", _("approved")
    CORRECTION = "correction", _("waiting for a correction")
    REJECTED = "rejected", _("rejected")
    SECOND = "second", _("waiting for a second person")


class Section(models.TextChoices):
    """What of the data staff may ask a customer to correct, as he reads it after a colon."""

    COMPANY = "company", _("company details")
    ADDRESS = "address", _("address")
    NAME = "name", _("first and last name")


WORDS_LENGTH = 500  # longest words of staff for a customer


# The fields whose words a password must not lean on; the e-mail address is the account's own.
OWN_WORDS = (
    "company_name",
    "nip",
    "main_street",
    "main_city",
    "first_name",
    "last_name",
    "phone",
)


# By whose words staff search.
NAMES = frozenset({"company_name", "first_name", "last_name"})


class Customer(models.Model):
    """One customer's data, in canonical form: the fields of the registration by their names.

    Company fields are empty for a person. The correspondence address is empty unless it differs
    from the main one. `nip` holds a foreign tax number when the company's country is not Poland.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="customer",
    )
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices)

    company_name = models.CharField(_("full company name"), max_length=255, blank=True)
    nip = models.CharField(_("tax number (NIP)"), max_length=20, blank=True, db_index=True)
    regon = models.CharField(
        _("statistical number (REGON)"), max_length=14, blank=True, db_index=True
    )
    krs = models.CharField(
        _("court register number (KRS)"), max_length=10, blank=True, db_index=True
    )

    main_street = models.CharField(_("street"), max_length=100, blank=True)
    main_house_no = models.CharField(_("building no."), max_length=20)
    main_flat_no = models.CharField(_("flat no."), max_length=20, blank=True)
    main_postal_code = models.CharField(_("postal code"), max_length=10, blank=True)
    main_city = models.CharField(_("town or city"), max_length=100)
    main_country = models.CharField(_("country"), max_length=2)

    corr_street = models.CharField(_("street (correspondence)"), max_length=100, blank=True)
    corr_house_no = models.CharField(_("building no. (correspondence)"), max_length=20, blank=True)
    corr_flat_no = models.CharField(_("flat no. (correspondence)"), max_length=20, blank=True)
    corr_postal_code = models.CharField(
        _("postal code (correspondence)"), max_length=10, blank=True
    )
    corr_city = models.CharField(_("town or city (correspondence)"), max_length=100, blank=True)
    corr_country = models.CharField(_("country (correspondence)"), max_length=2, blank=True)

    first_name = models.CharField(_("first name"), max_length=60)
    last_name = models.CharField(_("last name"), max_length=100)
    position = models.CharField(_("position"), max_length=100, blank=True)
    phone = models.CharField(_("phone number"), max_length=16, db_index=True)

    name_key = models.CharField(max_length=255, db_index=True, editable=False)
    company_key = models.CharField(max_length=255, blank=True, db_index=True, editable=False)

    review_state = models.CharField(
        _("review"), max_length=10, choices=ReviewState.choices, default=ReviewState.NEW
    )
    review_note = models.TextField(_("note of the review"), blank=True)
    # For the customer to read, with the sections (`Section`) that he is to correct; the note above
    # is for staff alone.
    review_words = models.CharField(
        _("words for the customer"), max_length=WORDS_LENGTH, blank=True, default="", db_default=""
    )
    review_sections = models.JSONField(_("to be corrected"), null=True, blank=True, default=list)
    # Each decision counts it on: whoever decides says which number he saw, and is told when another
    # was faster.
    review_version = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # Why it was rejected (`accounts.reasons`); empty in every other state.
    review_reason = models.CharField(
        _("reason"), max_length=20, blank=True, default="", db_default="", editable=False
    )
    # While a second person is awaited: what was proposed, from which state, by whom and when.
    proposal = models.JSONField(null=True, blank=True, editable=False)
    proposed_at = models.DateTimeField(null=True, blank=True, editable=False)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # How long the registration took from its first answer to its end; unknown for older ones.
    filled_in_seconds = models.PositiveIntegerField(
        _("time taken to register, in seconds"), null=True, blank=True, editable=False
    )
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True, editable=False)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("reviewed by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # Since when there was a relationship with him; it stays when that decision is looked at again.
    first_approved_at = models.DateTimeField(
        _("first approved at"), null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("registered at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        indexes = [
            models.Index(fields=["-created_at"], name="customer_newest"),
            models.Index(fields=["review_state", "-created_at"], name="customer_review_queue"),
            # A page of one filter is read from its index, in the order of the list.
            models.Index(fields=["kind", "-user"], name="customer_of_kind"),
            models.Index(fields=["review_state", "-user"], name="customer_in_review"),
        ]

    def __str__(self) -> str:
        # Ends up in the admin's history and in logs: a number, never a person's data.
        return f"#{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the customer; the search keys and the index of words always follow the names."""
        is_new = self._state.adding
        self.set_keys()
        with transaction.atomic(savepoint=False):
            super().save(*args, **kwargs)
            changed = kwargs.get("update_fields")
            if changed is None or not NAMES.isdisjoint(changed):
                CustomerWord.keep(self.pk, *(getattr(self, name) for name in NAMES), is_new=is_new)

    def insert(self) -> None:
        """Store this new customer as `save` does, by two plain statements; in a transaction."""
        self.set_keys()
        sql.insert(self)
        CustomerWord.keep(self.pk, *(getattr(self, name) for name in NAMES), is_new=True)

    def set_keys(self) -> None:
        """Let the search keys follow the names."""
        self.name_key = search_key(f"{self.last_name} {self.first_name}")
        self.company_key = search_key(self.company_name)

    @property
    def owner_name(self) -> str:
        """Return the name that the owner of every bank account added later must carry."""
        return owner_name(self.company_name, self.first_name, self.last_name)

    @property
    def state_for_owner(self) -> ReviewState:
        """Return what the customer is told of his review: while two people decide, it goes on."""
        state = ReviewState(self.review_state)
        return ReviewState.NEW if state is ReviewState.SECOND else state

    @property
    def rejection_for_owner(self) -> Promise:
        """Return the sentence that the customer reads of why he was rejected, as in the mail."""
        return Rejection.sentence(self.review_reason)

    def password_context(self) -> list[str]:
        """Return the words that a password of this customer must not lean on."""
        return [getattr(self, name) for name in OWN_WORDS]
