"""Ask for what a registration needs, one form a step, and check it. Nothing is saved here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import consents, passwords
from accounts.forms import fields
from accounts.forms.consents import ConsentField
from accounts.forms.fields import wrong
from accounts.models import Kind
from accounts.values import country, foreign_tax_id, nip, phone, postal_code


@dataclass(frozen=True)
class Group:
    """Some fields that belong together, on the form and on the review alike."""

    slug: str
    title: Promise
    names: Sequence[str]
    description: Promise | str = ""


@dataclass(frozen=True)
class BoundGroup:
    """A group with the fields of one form."""

    slug: str
    title: Promise
    description: Promise | str
    fields: list[BoundField]

    @property
    def rows(self) -> Iterator[list[BoundField]]:
        """Yield the fields line by line: two short ones that belong together share a line."""
        rest = iter(self.fields)
        for field in rest:
            is_first = field.name.removeprefix("main_").removeprefix("corr_") in SHARED_LINES
            yield [field, next(rest)] if is_first else [field]


class KindForm(forms.Form):
    """Ask who registers (step 1)."""

    kind = forms.ChoiceField(
        label=_("Who is registering?"),
        widget=forms.RadioSelect,
        template_name="django/forms/choice_cards.html",  # type: ignore[call-arg]  # stubs lag
        choices=Kind.choices,
        error_messages={
            "required": _("Choose who is registering: a company or an individual."),
            "invalid_choice": _("Choose who is registering: a company or an individual."),
        },
    )


# The first of two fields that stand side by side, also on a phone.
SHARED_LINES = frozenset({"house_no", "postal_code", "regon"})

ADDRESS_NAMES = ("street", "house_no", "flat_no", "postal_code", "city", "country")
MAIN_ADDRESS = tuple(f"main_{name}" for name in ADDRESS_NAMES)
OTHER_ADDRESS = tuple(f"corr_{name}" for name in ADDRESS_NAMES)


class DetailsForm(forms.Form):
    """Ask for what both kinds of customers tell: addresses, a person, a login and a phone.

    The second address counts only while its box is ticked; otherwise whatever was typed there is
    neither checked nor returned.
    """

    groups_of_fields: ClassVar[tuple[Group, ...]]
    # The field that comes before the others of its group, whatever their order.
    asked_first: str = ""

    main_street = fields.StreetField(section="section-main")
    main_house_no = fields.HouseNumberField(section="section-main")
    main_flat_no = fields.FlatNumberField(section="section-main")
    main_postal_code = fields.PostalCodeField(section="section-main")
    main_city = fields.CityField(section="section-main")
    main_country = fields.CountryField(section="section-main", initial="PL")

    other_address = forms.BooleanField(
        label=_("I want to give a different correspondence address"), required=False
    )
    corr_street = fields.StreetField(section="section-corr")
    corr_house_no = fields.HouseNumberField(section="section-corr")
    corr_flat_no = fields.FlatNumberField(section="section-corr")
    corr_postal_code = fields.PostalCodeField(section="section-corr")
    corr_city = fields.CityField(section="section-corr")
    corr_country = fields.CountryField(section="section-corr", initial="PL")

    first_name = fields.FirstNameField()
    last_name = fields.LastNameField()
    email = fields.EmailField(widget=forms.EmailInput({"aria-describedby": "email-hint"}))
    phone = fields.PhoneField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for address in ("main", "corr"):
            if self.is_abroad(address):
                code = self.fields[f"{address}_postal_code"]
                assert isinstance(code, fields.PostalCodeField)
                code.widget.attrs["inputmode"] = "text"
                code.is_optional = not postal_code.is_needed(self[f"{address}_country"].value())

    @property
    def countries_with_codes(self) -> str:
        """Return the codes of the countries whose addresses need a postal code."""
        return " ".join(postal_code.COUNTRIES)

    def is_abroad(self, address: str) -> bool:
        """Tell whether the country chosen in this address, "main" or "corr", is another."""
        chosen = self[f"{address}_country"].value()
        return chosen in country.CODES and chosen != country.POLAND

    @property
    def groups(self) -> Iterator[BoundGroup]:
        """Yield the fields in the groups of the page."""
        for group in self.groups_of_fields:
            names = sorted(group.names, key=lambda name: name != self.asked_first)
            yield BoundGroup(
                group.slug, group.title, group.description, [self[name] for name in names]
            )

    def clean(self) -> dict[str, Any]:
        """Check what depends on the country; drop the second address unless it was asked for."""
        cleaned = dict(self.cleaned_data)
        self._clean_postal_code(cleaned, "main")
        self._clean_phone(cleaned)
        if cleaned.pop("other_address", False):
            self._clean_postal_code(cleaned, "corr")
        else:
            for name in OTHER_ADDRESS:
                self.errors.pop(name, None)
                cleaned[name] = ""
        return cleaned

    def _clean_postal_code(self, cleaned: dict[str, Any], address: str) -> None:
        name = f"{address}_postal_code"
        code = cleaned.get(f"{address}_country")
        if name not in cleaned or not code:
            return
        try:
            cleaned[name] = postal_code.parse(cleaned[name], code)
        except ValidationError as error:
            self.add_error(name, error)

    def _clean_phone(self, cleaned: dict[str, Any]) -> None:
        """Refuse a number that two countries have; as typed, for the canonical one has a code."""
        code = cleaned.get("main_country")
        if "phone" not in cleaned or code in (None, country.POLAND):
            return
        try:
            phone.parse(self["phone"].value(), code)
        except ValidationError as error:
            self.add_error("phone", error)


class CompanyForm(DetailsForm):
    """Ask a company for its data and its representative (step 1a)."""

    company_name = fields.CompanyNameField()
    nip = fields.TaxNumberField(required=False)  # required by the rules of either country
    regon = fields.RegonField()
    krs = fields.KrsField()
    position = fields.PositionField()

    groups_of_fields = (
        Group("company", _("Company details"), ("company_name", "nip", "regon", "krs")),
        Group("address", _("Registered office address"), (*MAIN_ADDRESS, "other_address")),
        Group("correspondence", _("Correspondence address"), OTHER_ADDRESS),
        Group(
            "representative",
            _("Company representative"),
            ("first_name", "last_name", "position", "email", "phone"),
            _("The person authorised by those who represent the company to use kantor.pl for it."),
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Work e-mail address (login)")
        self.fields["phone"].label = _("Work phone number")
        self.fields["first_name"].label = _("Representative’s first name")
        self.fields["last_name"].label = _("Representative’s last name")
        if self.is_abroad("main"):
            self.fields["nip"].label = _("Tax identification number")
            self.fields["nip"].widget.attrs["inputmode"] = "text"

    def clean(self) -> dict[str, Any]:
        """Check the tax number by the rules of the company's country as well."""
        cleaned = super().clean()
        if "nip" in cleaned:
            is_polish = cleaned.get("main_country", country.POLAND) == country.POLAND
            try:
                cleaned["nip"] = (nip if is_polish else foreign_tax_id).parse(cleaned["nip"])
            except ValidationError as error:
                self.add_error("nip", error)
        return cleaned


class PersonForm(DetailsForm):
    """Ask an individual person for his or her data (step 1b)."""

    groups_of_fields = (
        Group("person", _("Personal details"), ("first_name", "last_name")),
        Group("address", _("Address of residence"), (*MAIN_ADDRESS, "other_address")),
        Group("correspondence", _("Correspondence address"), OTHER_ADDRESS),
        Group("contact", _("Contact and login"), ("phone", "email")),
    )


def details_form(kind: str | None) -> type[DetailsForm]:
    """Return the form of step 1a or 1b."""
    return CompanyForm if kind == Kind.COMPANY else PersonForm


@lru_cache(maxsize=4)
def typed_fields(kind: str | None) -> frozenset[str]:
    """Return the names of the details that are typed, not chosen or ticked."""
    fields = details_form(kind).base_fields
    return frozenset(
        name
        for name in fields
        if isinstance(fields[name].widget, forms.widgets.Input)
        and fields[name].widget.input_type in ("text", "email", "tel")
    )


class ReviewForm(forms.Form):
    """Ask nothing: the button says that everything is right (step 2a)."""


class PasswordForm(forms.Form):
    """Ask for a new password twice and for the captcha (step 2b).

    Whether the captcha's answer is right is not checked here: a challenge can be answered once,
    and a wizard validates its forms more than once.
    """

    password1 = forms.CharField(
        label=_("Account password"),
        strip=False,
        widget=forms.PasswordInput(
            attrs={
                "autocomplete": "new-password",
                "aria-describedby": "password-rules",
                **fields.SECRET,
            }
        ),
        error_messages={"required": _("Enter a password.")},
    )
    password2 = forms.CharField(
        label=_("Confirm the account password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", **fields.SECRET}),
        error_messages={"required": _("Enter the password again.")},
    )
    captcha = forms.CharField(
        label=_("Copy the characters from the picture"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "size": "8",
                "minlength": "6",
            }
        ),
        error_messages={
            "required": _("Copy the characters from the picture."),
            **wrong(_("The characters do not match. Copy those in the new picture.")),
            "expired": _("This picture no longer works. Copy the characters in the new one."),
        },
    )
    code = forms.CharField(
        label=_("Code from the e-mail"),
        help_text=_("6 digits"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "size": "8",
                "minlength": "6",
            }
        ),
        error_messages={
            "required": _("Enter the code from the e-mail."),
            **wrong(_("The code does not match. Check it in our newest message.")),
        },
    )
    # A decoy that no person sees: whatever fills in every field gives itself away. Password
    # managers are asked to leave it alone, each in its own way.
    website = forms.CharField(
        label=_("Leave this field empty"),
        required=False,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "tabindex": "-1",
                "data-1p-ignore": True,
                "data-lpignore": "true",
                "data-bwignore": True,
                "data-form-type": "other",
            }
        ),
    )

    def __init__(
        self,
        *args: Any,
        context: Sequence[str] = (),
        captcha_passed: bool = False,
        code_sent: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.context = context
        if captcha_passed or code_sent:
            del self.fields["captcha"]
        if captcha_passed or not code_sent:
            del self.fields["code"]

    def clean_password1(self) -> str:
        """Judge the password with the customer's own words in mind."""
        password: str = self.cleaned_data["password1"]
        passwords.validate(password, self.context)
        return password

    def clean(self) -> None:
        """Compare the two passwords."""
        first, second = (self.cleaned_data.get(name) for name in ("password1", "password2"))
        if second and self.data.get(self.add_prefix("password1")) != second and first is not None:
            self.add_error(
                "password2", ValidationError(_("The passwords are not the same."), "mismatch")
            )


class ConsentsForm(forms.Form):
    """Ask for the consents and declarations of this kind of customer (step 2c)."""

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for consent in consents.asked_of(kind):
            self.fields[consent.key] = ConsentField(
                consent, missing=_("Tick this to complete the registration.")
            )

    @property
    def summary_title(self) -> Promise:
        """Return what the list of errors is headed by: a box is ticked, not corrected."""
        return _("Tick the required consents")
