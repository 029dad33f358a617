"""Say how to choose better: every text of zxcvbn's in our words, and our own."""

from django.utils.translation import gettext_noop

ADD_WORDS = gettext_noop("Add another word or two. Uncommon words are better.")
ADD_KINDS = gettext_noop(
    "Add a lower-case and an upper-case letter, a digit and a special character."
)
PREDICTABLE = gettext_noop(
    "Words, names, dates and keyboard patterns are easy to guess, even with digits or signs added."
)
PERSONAL = gettext_noop("Avoid your own data, such as your name, company or e-mail address.")
# Every text of zxcvbn 4.5.0 but one.
FEEDBACK = (
    ADD_WORDS,
    gettext_noop("Straight rows of keys are easy to guess."),
    gettext_noop("Short keyboard patterns are easy to guess."),
    gettext_noop('Repeats like "aaa" are easy to guess.'),
    gettext_noop('Repeats like "abcabcabc" are only slightly harder to guess than "abc".'),
    gettext_noop('Sequences like "abc" or "6543" are easy to guess.'),
    gettext_noop("Recent years are easy to guess."),
    gettext_noop("Dates are often easy to guess."),
    gettext_noop("This is a top-10 common password."),
    gettext_noop("This is a top-100 common password."),
    gettext_noop("This is a very common password."),
    gettext_noop("This is similar to a commonly used password."),
    gettext_noop("A word by itself is easy to guess."),
    gettext_noop("Names and surnames by themselves are easy to guess."),
    gettext_noop("Common names and surnames are easy to guess."),
    gettext_noop("Use a few words, avoid common phrases."),
    gettext_noop("Use a longer keyboard pattern with more turns."),
    gettext_noop("Avoid repeated words and characters."),
    gettext_noop("Avoid sequences."),
    gettext_noop("Avoid recent years."),
    gettext_noop("Avoid years that are associated with you."),
    gettext_noop("Avoid dates and years that are associated with you."),
    gettext_noop("Capitalization doesn't help very much."),
    gettext_noop("All-uppercase is almost as easy to guess as all-lowercase."),
    gettext_noop("Reversed words aren't much harder to guess."),
    gettext_noop("Predictable substitutions like '@' instead of 'a' don't help very much."),
)
_MSGIDS = {text.rstrip("."): text for text in FEEDBACK}
# The one that contradicts the guide's rule says that rule instead.
_MSGIDS["No need for symbols, digits, or uppercase letters"] = ADD_KINDS


def feedback_msgid(text: str) -> str:
    """Return our msgid for a text of zxcvbn's, with or without its final dot."""
    return _MSGIDS.get(text.rstrip("."), text)
