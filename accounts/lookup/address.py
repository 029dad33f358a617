"""Read the one line in which the register writes an address: UL. DŁUGA 1/2, 00-000 WARSZAWA."""

import re

from accounts.lookup.company import understood
from accounts.lookup.readable import readable_place
from accounts.values import address, postal_code

# Longer than any address; what is longer is not looked at.
_LONGEST = 300

_LINES = re.compile(
    r"(?:(?P<line>.*?)[ ,]+)??(?P<code>[0-9]{2} ?-? ?[0-9]{3})(?: +|, *)(?P<city>[^,]+?)(?:,.*)?\Z"
)
# A place alone, without a number of a flat or a code.
_PLACE = re.compile(r"[^0-9.,]+\Z")
_HOUSE = r"[0-9]+ ?[A-Z]?(?: ?[-/] ?[0-9]+[A-Z]?)*"
_UNIT = r"(?:[A-Z]{0,2}-?[0-9]+[A-Z]?|[A-Z])(?:[-/.][0-9]+[A-Z]?)*"
# "12", "12A", "12/3", "10-12", "12 M. 3", "12 LOK. U1", "12/LOK. 3"; the number comes last.
_NUMBERS = re.compile(
    rf"(?:(?P<street>.*?)[ ,]+)??(?:NR ?)?(?P<house>{_HOUSE})"
    rf"(?:[ ,/]*(?:M|LOK|LOKAL|MIESZK|MIESZKANIE|POK|POKÓJ)(?:\.|\b) *(?P<unit>{_UNIT})"
    rf"|/(?P<short>[A-Z]{{1,2}}-?[0-9]+[A-Z]?))?\Z",
    re.IGNORECASE,
)
_FLAT_AFTER_SLASH = re.compile(r"(?P<house>.+)/(?P<flat>[0-9]+[A-Z]?)\Z", re.IGNORECASE)
_STREET = re.compile(r"(?:UL(?:\.|ICA(?= ))|UL(?= )) *", re.IGNORECASE)
# What stays before the name, in its usual short form.
_KINDS = (
    (re.compile(r"(?:AL\. *|AL +|ALEJA +)", re.IGNORECASE), "al. "),
    (re.compile(r"(?:ALEJE +)", re.IGNORECASE), "Aleje "),
    (re.compile(r"(?:PL\. *|PL +|PLAC +)", re.IGNORECASE), "pl. "),
    (re.compile(r"(?:OS\. *|OS +|OSIEDLE +)", re.IGNORECASE), "os. "),
    (re.compile(r"(?:SKW\. *|SKWER +)", re.IGNORECASE), "skwer "),
    (re.compile(r"(?:RYNEK(?= |\Z)) *", re.IGNORECASE), "Rynek "),
)


def read_address(text: object) -> dict[str, str]:
    """Return the parts of CompanyData that were understood, each as our own form accepts it.

    Nothing for what is no text, too long, or neither has a postal code nor begins as a street
    does. Never raises.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        return {}
    text = " ".join(text.split())
    if found := _LINES.match(text):
        line, code, city = found["line"] or "", found["code"].replace(" ", ""), found["city"]
    elif _STREET.match(text) or any(kind.match(text) for kind, _written in _KINDS):
        line, _comma, city = text.partition(",")
        code, city = "", city.strip() if _PLACE.match(city) else ""
    else:
        return {}
    parts = _read_line(line, city)
    parts["postal_code"] = understood(lambda typed: postal_code.parse(typed, "PL"), code)
    parts["city"] = understood(address.parse_city, readable_place(city))
    return {name: value for name, value in parts.items() if value}


def _read_line(line: str, city: str) -> dict[str, str]:
    """Read street and numbers; a village's own name before the number is no street."""
    line = line.strip(" ,")
    numbers = _NUMBERS.match(line)
    if numbers is None:
        street, house, flat = line, "", ""
    else:
        street, house = numbers["street"] or "", numbers["house"].replace(" ", "")
        flat = numbers["unit"] or numbers["short"] or ""
        if not flat and (split := _FLAT_AFTER_SLASH.match(house)):
            house, flat = split["house"], split["flat"]
    if street.casefold() == city.casefold():
        street = ""
    return {
        "street": understood(address.parse_street, _written_street(street)),
        "house_no": understood(address.parse_number, house.upper()),
        "flat_no": understood(address.parse_number, flat.upper()),
    }


def _written_street(street: str) -> str:
    """Return the street as people write it, without the word that every street has."""
    street = _STREET.sub("", street.strip(" ,"), count=1)
    for kind, written in _KINDS:
        if match := kind.match(street):
            return f"{written}{readable_place(street[match.end() :])}".strip()
    return readable_place(street)
