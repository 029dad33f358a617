"""Know where the mailbox of an address is read on the web."""

from typing import NamedTuple

from accounts.values.email import normalise


class Webmail(NamedTuple):
    """A site where people read their mail: its name as they say it, and its address."""

    name: str
    url: str


_GMAIL = Webmail("Gmail", "https://mail.google.com/")
_INTERIA = Webmail("Interia", "https://poczta.interia.pl/")
_ONET = Webmail("Onet", "https://poczta.onet.pl/")
_OUTLOOK = Webmail("Outlook", "https://outlook.live.com/mail/")
_WP = Webmail("WP", "https://poczta.wp.pl/")

_BY_DOMAIN = {
    "gmail.com": _GMAIL,
    "googlemail.com": _GMAIL,
    "interia.com": _INTERIA,
    "interia.eu": _INTERIA,
    "interia.pl": _INTERIA,
    "intmail.pl": _INTERIA,
    "poczta.fm": _INTERIA,
    "autograf.pl": _ONET,
    "buziaczek.pl": _ONET,
    "onet.com.pl": _ONET,
    "onet.eu": _ONET,
    "onet.pl": _ONET,
    "op.pl": _ONET,
    "poczta.onet.eu": _ONET,
    "poczta.onet.pl": _ONET,
    "vp.pl": _ONET,
    "hotmail.com": _OUTLOOK,
    "live.com": _OUTLOOK,
    "msn.com": _OUTLOOK,
    "outlook.com": _OUTLOOK,
    "wp.pl": _WP,
}


def webmail_of(address: str) -> Webmail | None:
    """Return where the mail of this address is read; None where we do not know it for sure."""
    return _BY_DOMAIN.get(normalise(address).rpartition("@")[2])
