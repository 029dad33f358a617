"""Know who runs the site: every page, mail and legal text names the same one."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class Operator:
    """The company or trader who runs the site.

    `nip` has ten digits; so has `krs`, which is "" for whoever is not in the court register.
    """

    name: str
    address: str
    nip: str
    krs: str
    email: str


def operator() -> Operator:
    """Return who runs this site, by the settings."""
    return Operator(
        name=settings.OPERATOR_NAME,
        address=settings.OPERATOR_ADDRESS,
        nip=settings.OPERATOR_NIP,
        krs=settings.OPERATOR_KRS,
        email=settings.OPERATOR_EMAIL,
    )
