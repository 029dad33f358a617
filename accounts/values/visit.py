"""Say from where somebody came, in words that fit many people."""

from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network

from django.utils.translation import gettext

from accounts.values import user_agent


@dataclass(frozen=True)
class Visit:
    """The browser and the system of a request, and its shortened address; empty where unknown.

    All that may be remembered of a request: enough for an owner to recognise his own doings, too
    little to find a person by.
    """

    browser: str = user_agent.UNKNOWN
    system: str = user_agent.UNKNOWN
    network_shown: str = ""

    @property
    def device(self) -> str:
        """Return "Firefox, Windows" in the active language, whatever of it is known."""
        browser = user_agent.BROWSER_NAMES.get(self.browser)
        system = user_agent.SYSTEM_NAMES.get(self.system)
        if browser and system:
            return f"{browser}, {system}"
        if system:
            return gettext("unknown browser, %(system)s") % {"system": system}
        return browser or gettext("unknown browser")


# Nobody's browser: a command, or a member of staff whose browser is not the owner's business.
NOBODY = Visit()


def read(header: str, network: str) -> Visit:
    """Return the visit of a User-Agent header and a network, as `kantor.serving.network` has it."""
    agent = user_agent.read(header)
    return Visit(agent.browser, agent.system, shortened(network))


def shortened(network: str) -> str:
    """Return 83.12.x.x or 2a02:a31b:…, the half that tells the provider; empty for nonsense."""
    try:
        address = ip_address(network) if "/" not in network else ip_network(network).network_address
    except ValueError:
        return ""
    if isinstance(address, IPv4Address):
        first, second, *_rest = str(address).split(".")
        return f"{first}.{second}.x.x"
    first, second, *_rest = address.exploded.split(":")
    return f"{int(first, 16):x}:{int(second, 16):x}:…"
