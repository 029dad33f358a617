"""Write an address as it stands on an envelope, by the habit of its country."""

import re

from accounts.values import country

# Where the number of a house stands before its street, and where the code follows the town, on its
# line or on one of its own. Universal Postal Union, addressing systems of member countries.
_NUMBER_FIRST = frozenset(
    (
        *("AU", "CA", "FR", "GB", "GG", "HK", "IE", "IL", "IM", "IN", "JE", "LK", "LU", "MC"),
        *("MT", "MY", "NZ", "PH", "PK", "SG", "TH", "US", "ZA"),
    )
)
_CODE_LAST = frozenset(
    (
        *("AU", "BD", "BH", "CA", "IN", "KH", "LK", "MT", "NP", "NZ", "PK", "SA", "SG", "TH"),
        *("TW", "US"),
    )
)
_CODE_BELOW = frozenset((*("GB", "GG", "IE", "IM", "JE", "KE", "ZA"),))
# Where the town stands above the street.
_TOWN_FIRST = frozenset({"HU"})

# What people write behind the slash of "12/3"; other words for a flat keep a comma.
_PLAIN_FLAT = re.compile(r"[\w-]{1,5}\Z")


def lines(
    *, street: str, house_no: str, flat_no: str, postal_code: str, city: str, country_code: str
) -> list[str]:
    """Return the lines of the address below the name, from canonical parts; none where it is empty.

    A place without streets stands in the place of its street, as in Poland: Kowalowo 12. The
    country comes last, and only abroad.
    """
    if not city:
        return []
    house = house_line(street, house_no, flat_no, city, country_code)
    if country_code in _CODE_BELOW:
        town = [city, postal_code]
    elif country_code in _CODE_LAST:
        town = [f"{city} {postal_code}"]
    else:
        town = [f"{postal_code} {city}"]
    written = [*town, house] if country_code in _TOWN_FIRST else [house, *town]
    if country_code != country.POLAND:
        written.append(country.name(country_code))
    return [line.strip() for line in written if line.strip()]


def house_line(street: str, house_no: str, flat_no: str, city: str, country_code: str) -> str:
    """Return the line of `lines` that has the number of the house."""
    street = street or city
    if country_code in _NUMBER_FIRST:
        line = f"{house_no} {street}"
        return f"{line}, {flat_no}" if flat_no else line
    line = f"{street} {house_no}"
    if not flat_no:
        return line
    if not _PLAIN_FLAT.match(flat_no):
        return f"{line}, {flat_no}"
    # The slash of "12/14" is part of the house's number already.
    is_free = "/" not in house_no
    if country_code == country.POLAND and not is_free:
        return f"{line} m. {flat_no}"
    return f"{line}/{flat_no}" if is_free else f"{line}, {flat_no}"
