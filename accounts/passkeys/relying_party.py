"""Say who we are to browsers: the name and the origin that every passkey is bound to."""

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from accounts.passkeys.challenge import LIFE
from kantor.serving import desk

if TYPE_CHECKING:
    from fido2.server import Fido2Server

# What the standard's example asks for (WebAuthn, 5.4.3): together they cover every authenticator
# that is sold. The rest of what the library knows is young or of no use to a browser. ES256, EdDSA
# and RS256 by their numbers (RFC 9053, RFC 8812).
ALGORITHMS = (-7, -8, -257)

DEFAULT_PORTS = {"http": 80, "https": 443}


def is_offered() -> bool:
    """Tell whether browsers take our host for an RP ID: a name, never an IP address."""
    host = _site()[1]
    # A host whose last part is a number is an IPv4 address to a browser (URL standard, 3.5).
    return bool(host) and ":" not in host and not host.rpartition(".")[2].isdigit()


def rp_id() -> str:
    """Return the RP ID: the host of BASE_URL, whatever host the request names."""
    return _site()[1]


def is_offered_at_desk() -> bool:
    """Tell whether browsers take our RP ID at `ADMIN_HOST`: it is the site's host or below it."""
    admin = settings.ADMIN_HOST
    return is_offered() and (not admin or admin == rp_id() or admin.endswith(f".{rp_id()}"))


def server() -> "Fido2Server":
    """Return the library's server for this site, which takes our own origins only.

    Those of the site and of the staff's pages: left to itself the library takes every subdomain
    and every port for ours.
    """
    origin, host = _site()
    return _server((origin, _read(desk.root())[0]), host)


def _site() -> tuple[str, str]:
    return _read(settings.BASE_URL)


@lru_cache(maxsize=8)
def _read(address: str) -> tuple[str, str]:
    """Return origin and host as a browser writes them: in ASCII, without the usual port."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if not host.isascii():
        host = host.encode("idna").decode()
    name = f"[{host}]" if ":" in host else host
    is_usual = parts.port is None or parts.port == DEFAULT_PORTS.get(parts.scheme)
    return f"{parts.scheme}://{name}{'' if is_usual else f':{parts.port}'}", host


@lru_cache(maxsize=8)
def _server(origins: tuple[str, ...], host: str) -> "Fido2Server":
    from fido2.server import Fido2Server
    from fido2.webauthn import AttestationConveyancePreference, PublicKeyCredentialRpEntity

    server = Fido2Server(
        PublicKeyCredentialRpEntity(id=host, name="kantor.pl"),
        attestation=AttestationConveyancePreference.NONE,
        verify_origin=lambda claimed: claimed in origins,
    )
    server.allowed_algorithms = [
        each for each in server.allowed_algorithms if each.alg in ALGORITHMS
    ]
    server.timeout = int(LIFE.total_seconds() * 1000)  # type: ignore[assignment]  # untyped
    return server
