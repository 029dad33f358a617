"""Give the pages of the account their addresses; who may open each its view says."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from accounts.account import views
from accounts.models.customer import Section

# Addresses are Polish, as everywhere on the site; the values are the database's.
SECTION_WORDS = {
    Section.COMPANY: "firma",
    Section.ADDRESS: "adres",
    Section.NAME: "imie-i-nazwisko",
}


class SectionConverter(StringConverter):
    """Read and write the name of a section of the data; an unknown one is no address of ours."""

    regex = "|".join(SECTION_WORDS.values())

    def to_python(self, value: str) -> str:
        """Return the section's value."""
        return next(section.value for section, word in SECTION_WORDS.items() if word == value)

    def to_url(self, value: str) -> str:
        """Return its word. Raises ValueError for no section."""
        return SECTION_WORDS[Section(value)]


register_converter(SectionConverter, "section")

urlpatterns = [
    path("konto/", views.AccountView.as_view(), name="account"),
    path("konto/dane/", views.DataView.as_view(), name="data"),
    path("konto/dane/wniosek/wycofaj/", views.WithdrawView.as_view(), name="data-withdraw"),
    path("konto/dane/<section:section>/", views.SectionView.as_view(), name="data-section"),
]
