"""Tell one set of rules for the details from another: accepted answers are not checked twice.

An answer is checked when it is posted. It has to be checked again only when another release, or
another version of a library, judges it: then an unfinished registration meets new rules.
"""

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

import accounts.forms
import accounts.values

# What the rules of ours lean on: lists of countries, phone numbers, check digits, addresses.
LIBRARIES = ("django", "django-countries", "email-validator", "phonenumbers", "python-stdnum")


@cache
def fingerprint() -> str:
    """Return six characters that are others when any rule may have changed; once a process.

    Made of the source of forms and values and of the libraries' versions: nobody has to remember to
    count a number up. A change that changes no rule costs each unfinished registration one check.
    """
    digest = hashlib.blake2b(digest_size=3)
    for package in (accounts.forms, accounts.values):
        for folder in package.__path__:
            for file in sorted(Path(folder).glob("*.py")):
                digest.update(file.read_bytes())
    for library in LIBRARIES:
        digest.update(metadata.version(library).encode())
    return digest.hexdigest()
