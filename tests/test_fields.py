"""The form fields: their words, their keyboards, and what they give to the form."""

from copy import deepcopy
from html.parser import HTMLParser
from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.test import SimpleTestCase, TestCase
from django.utils import translation
from django.utils.datastructures import MultiValueDict
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.forms import fields
from accounts.forms.registration import CompanyForm
from accounts.values import country
from tests.calls import calls_of
from tests.people import FIRMA, OSOBA
from tests.thorough import fewer
from tests.walk import Visitor


class EveryFieldForm(forms.Form):
    """All kinds of fields, the address twice, as the registration asks."""

    tax_number = fields.TaxNumberField()
    regon = fields.RegonField(required=False)
    krs = fields.KrsField(required=False)
    company_name = fields.CompanyNameField()
    first_name = fields.FirstNameField()
    last_name = fields.LastNameField()
    position = fields.PositionField()
    email = fields.EmailField()
    phone = fields.PhoneField()
    main_street = fields.StreetField(section="section-main")
    main_house_no = fields.HouseNumberField(section="section-main")
    main_flat_no = fields.FlatNumberField(section="section-main")
    main_postal_code = fields.PostalCodeField(section="section-main")
    main_city = fields.CityField(section="section-main")
    main_country = fields.CountryField(section="section-main")
    corr_street = fields.StreetField(section="section-corr")
    corr_house_no = fields.HouseNumberField(section="section-corr")
    corr_postal_code = fields.PostalCodeField(section="section-corr")
    corr_city = fields.CityField(section="section-corr")
    corr_country = fields.CountryField(section="section-corr")


TYPED = {
    "tax_number": "DE 123456789",
    "regon": "750 047 430 00000",
    "krs": "KRS 123456",
    "company_name": "„Acme”  Sp. z o.o.",
    "first_name": "Anna  Maria",
    "last_name": "Nowak – Kowalska",
    "position": "Prezes",
    "email": " Anna@Example.com",
    "phone": "0601 234 567",
    "main_street": "ul. 3 Maja",
    "main_house_no": "12A",
    "main_flat_no": "3",
    "main_postal_code": "00950",
    "main_city": "Łódź",
    "main_country": "PL",
    "corr_street": "",
    "corr_house_no": "7 bis",
    "corr_postal_code": "",
    "corr_city": "Frankfurt (Oder)",
    "corr_country": "DE",
}

CLEANED = {
    **TYPED,
    "regon": "750047430",
    "krs": "0000123456",
    "company_name": "„Acme” Sp. z o.o.",
    "first_name": "Anna Maria",
    "last_name": "Nowak-Kowalska",
    "email": "Anna@Example.com",
    "phone": "+48601234567",
}


class Fields(SimpleTestCase):
    def test_give_canonical_values_and_keep_what_was_typed(self) -> None:
        form = EveryFieldForm(TYPED)

        assert form.errors == {}
        assert form.cleaned_data == CLEANED
        for name, typed in TYPED.items():
            assert form[name].value() == typed

    def test_say_in_their_own_words_what_is_missing(self) -> None:
        optional = {"regon", "krs", "position", "main_street", "main_flat_no", "main_postal_code"}
        optional |= {"corr_street", "corr_postal_code"}
        for blank in ("", "   ", "\u00a0\t"):
            form = EveryFieldForm(dict.fromkeys(TYPED, blank))

            assert set(form.errors) == set(TYPED) - optional
            for name, errors in form.errors.items():
                assert len(errors) == 1
                assert errors != [forms.Field.default_error_messages["required"]], name
            assert all(form.cleaned_data[name] == "" for name in optional)

    def test_say_the_same_whether_a_value_is_missing_or_has_the_wrong_shape(self) -> None:
        for name, typed in (("nip", "123"), ("email", "anna"), ("phone", "1")):
            assert CompanyForm({name: typed}).errors[name] == CompanyForm({}).errors[name]

    def test_can_be_made_optional_or_required_and_given_other_words(self) -> None:
        number = fields.TaxNumberField(required=False, label="Numer", help_text="Pomoc")
        assert number.clean("") == ""
        assert (number.label, number.help_text) == ("Numer", "Pomoc")
        with self.assertRaises(ValidationError) as caught:
            fields.StreetField(required=True).clean(None)
        assert caught.exception.code == "required"
        own = forms.TextInput({"inputmode": "text", "class": "wide"})
        attrs = fields.TaxNumberField(widget=own).widget.attrs
        assert (attrs["inputmode"], attrs["class"], attrs["size"]) == ("text", "wide", 14)

    def test_have_the_autocomplete_token_and_the_keyboard_that_help(self) -> None:
        expected: dict[str, tuple[str, str | None, str | None]] = {
            "tax_number": ("off", "numeric", "text"),
            "regon": ("off", "numeric", "text"),
            "krs": ("off", "numeric", "text"),
            "company_name": ("organization", None, "text"),
            "first_name": ("given-name", None, "text"),
            "last_name": ("family-name", None, "text"),
            "position": ("organization-title", None, "text"),
            "email": ("email", "email", "email"),
            "phone": ("tel", "tel", "tel"),
            "main_street": ("section-main address-line1", None, "text"),
            "main_house_no": ("off", None, "text"),
            "main_flat_no": ("section-main address-line2", None, "text"),
            "main_postal_code": ("section-main postal-code", "numeric", "text"),
            "main_city": ("section-main address-level2", None, "text"),
            "main_country": ("section-main country", None, None),
            "corr_street": ("section-corr address-line1", None, "text"),
            "corr_house_no": ("off", None, "text"),
            "corr_postal_code": ("section-corr postal-code", "numeric", "text"),
            "corr_city": ("section-corr address-level2", None, "text"),
            "corr_country": ("section-corr country", None, None),
        }
        found = {
            name: (
                field.widget.attrs["autocomplete"],
                field.widget.attrs.get("inputmode"),
                getattr(field.widget, "input_type", None),
            )
            for name, field in EveryFieldForm().fields.items()
        }
        assert found == expected

    def test_leave_room_for_the_longest_honest_spelling(self) -> None:
        longest = {
            "tax_number": "NIP: PL 9 4 1 - 2 7 7 - 2 4 - 2 6",
            "regon": "REGON: 750 047 430 - 00000",
            "phone": "tel. (0048) (0) 601 - 234 - 567",
            "company_name": "Ż" * 255,
            "email": "a" * 254,
            "main_house_no": "1" * 20,
            "main_postal_code": "PL - 0 0 - 9 5 0",
        }
        form = EveryFieldForm()
        for name, typed in longest.items():
            assert len(typed) < form.fields[name].widget.attrs["maxlength"], name

    def test_refuse_forged_values_with_a_message(self) -> None:
        for forged in ("\x00", "\ud800", "<b>", "\u202e", "9" * 5000):
            form = EveryFieldForm(dict.fromkeys(TYPED, forged))
            assert set(form.errors) >= {"regon", "email", "phone", "main_city", "corr_country"}
        repeated: MultiValueDict[str, str] = MultiValueDict({"krs": ["x", "123456"]})
        assert "krs" not in EveryFieldForm(repeated).errors

    @settings(max_examples=fewer(25), deadline=None, database=None)
    @given(st.text(st.characters(exclude_categories=()), max_size=4096))
    def test_never_fail_whatever_is_posted(self, typed: str) -> None:
        form = EveryFieldForm(dict.fromkeys(TYPED, typed))
        form.is_valid()
        for errors in form.errors.values():
            assert all(str(error) for error in errors)

    def test_are_made_and_checked_without_much_ado(self) -> None:
        EveryFieldForm(TYPED).is_valid()
        # Twenty fields take 2,200, which is about a millisecond.
        assert calls_of(EveryFieldForm(TYPED).is_valid) < 4_000


class CopyTests(SimpleTestCase):
    """Each form has fields of its own."""

    def test_is_what_django_would_make(self) -> None:
        for name, field in {**CompanyForm.base_fields, **EveryFieldForm.base_fields}.items():
            with self.subTest(name=name):
                ours, djangos = deepcopy(field), forms.Field.__deepcopy__(field, {})
                assert type(ours) is type(djangos)
                own = ("widget", "error_messages", "validators")
                for each in (ours, djangos):
                    for part in own:
                        assert getattr(each, part) is not getattr(field, part), part
                    assert each.widget.attrs is not field.widget.attrs
                assert ours.error_messages == djangos.error_messages
                assert ours.validators == djangos.validators
                assert type(ours.widget) is type(djangos.widget)
                assert {**vars(ours.widget), "choices": None} == {
                    **vars(djangos.widget),
                    "choices": None,
                }
                rest = vars(djangos).keys() - own
                assert vars(ours).keys() == vars(djangos).keys()
                assert all(
                    getattr(ours, part) is getattr(djangos, part) for part in rest - {"_choices"}
                )

    def test_is_not_the_one_that_the_next_form_gets(self) -> None:
        form = CompanyForm()
        for field in form.fields.values():
            field.help_text = "changed"
            field.widget.attrs["changed"] = "x"
            field.error_messages["required"] = "changed"
            field.validators.append(print)
        for field in (*CompanyForm().fields.values(), *CompanyForm.base_fields.values()):
            assert field.help_text != "changed"
            assert "changed" not in field.widget.attrs
            assert field.error_messages.get("required") != "changed"
            assert print not in field.validators


class OptionParser(HTMLParser):
    """Read a <select>: its attributes, its options and the chosen ones."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: dict[str, str | None] = {}
        self.options: list[tuple[str, str]] = []
        self.selected: list[str] = []
        self.value = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "select":
            self.attributes = attributes
        else:
            self.value = attributes["value"] or ""
            if "selected" in attributes:
                self.selected.append(self.value)

    def handle_data(self, data: str) -> None:
        self.options.append((self.value, data))


class CountrySelect(SimpleTestCase):
    def read(self, html: str) -> OptionParser:
        parser = OptionParser()
        parser.feed(html)
        return parser

    def test_has_every_country_in_the_active_language(self) -> None:
        for language in ("pl", "en"):
            with translation.override(language):
                select = self.read(str(EveryFieldForm()["main_country"]))
            assert select.options == list(country.choices(language))

    def test_has_exactly_the_answer_selected(self) -> None:
        form = EveryFieldForm()
        assert self.read(str(form["main_country"])).selected == ["PL"]
        bound = EveryFieldForm({"main_country": "DE", "corr_country": "XX"})
        assert self.read(str(bound["main_country"])).selected == ["DE"]
        assert self.read(str(bound["corr_country"])).selected == []

    def test_carries_the_attributes_of_any_widget(self) -> None:
        form = EveryFieldForm({"main_country": "XX"})
        form.fields["main_country"].help_text = "Hint"

        attributes = self.read(str(form["main_country"])).attributes

        described_by = attributes.pop("aria-describedby") or ""
        assert described_by.startswith("id_main_country_helptext")
        assert attributes == {
            "name": "main_country",
            "id": "id_main_country",
            "autocomplete": "section-main country",
            "aria-invalid": "true",
        }
        disabled = fields.CountryField(disabled=True, widget=fields.CountryWidget({"class": "x"}))

        class DisabledForm(forms.Form):
            country = disabled

        attributes = self.read(str(DisabledForm(prefix="dane")["country"])).attributes
        assert attributes["name"] == "dane-country"
        assert attributes["class"] == "x"
        assert "disabled" in attributes

    def test_escapes_what_is_put_in(self) -> None:
        html = fields.CountryWidget().render("<n>", "<v>", {"title": '"><script>'})
        assert "<script>" not in html
        assert "<v>" not in html
        assert "<n>" not in html

    def test_is_not_made_country_by_country(self) -> None:
        widget = fields.CountryWidget()
        widget.render("country", "PL")
        assert calls_of(lambda: widget.render("country", "ZW")) < len(country.CODES)


class FieldTemplate(SimpleTestCase):
    """The one template of all fields gets what it reads from a field."""

    kinds: ClassVar = {"email": "email", "phone": "tel", "krs": "text", "main_country": "country"}

    def test_tells_the_kinds_of_widgets_apart(self) -> None:
        form = EveryFieldForm()
        assert {name: form[name].widget_type for name in self.kinds} == self.kinds


# Type, keyboard and autofill token of every input of the details.
ADDRESS_INPUTS = {
    "street": ("text", None, "address-line1"),
    "house_no": ("text", None, None),
    "flat_no": ("text", None, "address-line2"),
    "postal_code": ("text", "numeric", "postal-code"),
    "city": ("text", None, "address-level2"),
    "country": ("select", None, "country"),
}
DETAILS_INPUTS = {
    "first_name": ("text", None, "given-name"),
    "last_name": ("text", None, "family-name"),
    "email": ("email", "email", "email"),
    "phone": ("tel", "tel", "tel"),
    "other_address": ("checkbox", None, None),
    **{
        f"{part}_{name}": (kind, keyboard, f"section-{part} {token}" if token else "off")
        for part in ("main", "corr")
        for name, (kind, keyboard, token) in ADDRESS_INPUTS.items()
    },
}
COMPANY_INPUTS = {
    "company_name": ("text", None, "organization"),
    "nip": ("text", "numeric", "off"),
    "regon": ("text", "numeric", "off"),
    "krs": ("text", "numeric", "off"),
    "position": ("text", None, "organization-title"),
}


class PageTests(TestCase):
    """Every input of every step has the type, the keyboard and the autofill token that help."""

    def inputs(self, visitor: Visitor) -> dict[str, tuple[str, str | None, str | None]]:
        """Return type, keyboard and token of every input of the page that is seen."""
        found = {}
        for field in visitor.select("main form :is(input, select):not([aria-hidden] *)"):
            kind = str(field.get("type", field.name))
            if kind != "hidden" and field.has_attr("name"):
                attributes = [field.get(name) for name in ("inputmode", "autocomplete")]
                keyboard, token = (None if each is None else str(each) for each in attributes)
                found[str(field["name"]).partition("-")[2]] = (kind, keyboard, token)
        return found

    def test_details(self) -> None:
        assert self.inputs(FIRMA.start(Visitor())) == DETAILS_INPUTS | COMPANY_INPUTS
        assert self.inputs(OSOBA.start(Visitor())) == DETAILS_INPUTS

    def test_other_steps(self) -> None:
        visitor = Visitor().open("/rejestracja/")
        assert self.inputs(visitor) == {"kind": ("radio", None, None)}
        visitor = OSOBA.reach_password(Visitor())
        assert self.inputs(visitor) == {
            "password1": ("password", None, "new-password"),
            "password2": ("password", None, "new-password"),
            "captcha": ("text", None, "off"),
        }
        visitor = OSOBA.reach_consents(Visitor())
        assert set(self.inputs(visitor).values()) == {("checkbox", None, None)}

    def test_every_input_has_its_label_and_what_describes_it_is_there(self) -> None:
        for visitor in (FIRMA.start(Visitor()), OSOBA.start(Visitor()).press("Dalej")):
            for field in visitor.select("main form :is(input, select)[id]"):
                assert visitor.select(f"label[for='{field['id']}']"), field["name"]
                for each in str(field.get("aria-describedby", "")).split():
                    assert visitor.element(f"[id='{each}']"), (field["name"], each)
