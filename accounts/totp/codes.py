"""Read a code however it is typed, and make recovery codes.

A recovery code is 24 signs of Crockford's Base32: 120 random bits. What looks like a digit in
somebody's handwriting is read as that digit, and U is left out.
"""

import hashlib
import re
import secrets
import unicodedata

APP_DIGITS = 6
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RECOVERY_LENGTH = 24
GROUP = 4
# Longer answers are not worth cleaning: 24 signs with blanks and dashes between them.
MAX_ANSWER_LENGTH = 100

_LOOK_ALIKE = str.maketrans("OIL", "011")
# Blanks and other separators, dashes of every kind, and signs that nobody sees.
_IGNORED = {"Zs", "Pd", "Cf", "Cc"}
_APP_CODE = re.compile(f"[0-9]{{{APP_DIGITS}}}")
_RECOVERY_CODE = re.compile(f"[{ALPHABET}]{{{RECOVERY_LENGTH}}}")


def read(answer: str) -> str:
    """Return the six digits or the 24 signs, without what groups them; nothing for other text."""
    signs = (
        sign
        for sign in unicodedata.normalize("NFKC", answer[:MAX_ANSWER_LENGTH]).upper()
        if unicodedata.category(sign) not in _IGNORED
    )
    typed = "".join(signs)
    if is_app_code(typed):
        return typed
    recovery_code = typed.translate(_LOOK_ALIKE)
    return recovery_code if _RECOVERY_CODE.fullmatch(recovery_code) else ""


def is_app_code(code: str) -> bool:
    """Tell whether this looks like what an app shows."""
    return _APP_CODE.fullmatch(code) is not None


def make_recovery_code() -> str:
    """Return a new recovery code, from the system's generator."""
    return "".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH))


def digest(recovery_code: str) -> bytes:
    """Return what is kept of a recovery code.

    One round of SHA-256: nobody tries 2^120 codes, however fast (NIST SP 800-63B, look-up secrets
    of 112 bits and more). A slow hash would only lengthen eight of them at a time.
    """
    return hashlib.sha256(recovery_code.encode()).digest()


def grouped(code: str, between: str = "-") -> str:
    """Return a code or a key as it is shown: in groups of four."""
    return between.join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
