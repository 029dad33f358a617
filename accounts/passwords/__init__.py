"""Judge, check, hash and propose passwords.

One module for each reason to change: `rules` (the guide's), `words`, `listed`, `endings`, `phrases`
and data/ (what people build upon), `library` (zxcvbn, bounded), `parts` and `estimate` (what a
guesser pays), `advice` (texts), `assessment` (the verdict), `validator` (the refusal), `hashing`,
`passphrase`.
"""

from accounts.passwords.assessment import (
    ENOUGH_SCORE,
    LABELS,
    MESSAGES,
    PASSPHRASE_LENGTH,
    PASSPHRASE_SCORE,
    Assessment,
    Verdict,
    assess,
)
from accounts.passwords.hashing import (
    MAX_LENGTH,
    MIN_LENGTH,
    HashingBusyError,
    hash_password,
    normalize,
    turn,
)
from accounts.passwords.passphrase import propose
from accounts.passwords.validator import StrengthValidator, validate

__all__ = [
    "ENOUGH_SCORE",
    "LABELS",
    "MAX_LENGTH",
    "MESSAGES",
    "MIN_LENGTH",
    "PASSPHRASE_LENGTH",
    "PASSPHRASE_SCORE",
    "Assessment",
    "HashingBusyError",
    "StrengthValidator",
    "Verdict",
    "assess",
    "hash_password",
    "normalize",
    "propose",
    "turn",
    "validate",
]
