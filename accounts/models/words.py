"""Index every word of customers' names and companies, so that staff find them by any of them."""

import re
import unicodedata

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

WORD_LENGTH = 40  # more of a word distinguishes nobody

_QUOTES = re.compile("['\"`\u00b4\u2018-\u201f\u00ab\u00bb\u2039\u203a]")
# "p.h.u." and "o.o." are typed as often without their dots.
_ABBREVIATION = re.compile(r"\b(\w)\.(?=\w\b)")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def search_key(text: str) -> str:
    """Fold case and diacritics, so that staff find Łukasz Żak by typing "lukasz zak"."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    return "".join(char for char in folded if not unicodedata.combining(char))[:255]


def words_of(text: str) -> list[str]:
    """Return the words as they are indexed and searched: folded, without quotes and hyphens."""
    bare = _ABBREVIATION.sub(r"\1", _QUOTES.sub("", search_key(text).casefold()))
    return [word[:WORD_LENGTH] for word in _BETWEEN_WORDS.split(bare) if word]


class CustomerWord(models.Model):
    """One word of a customer's name or company; `Customer.save` keeps them."""

    customer = models.ForeignKey(
        "accounts.Customer", on_delete=models.CASCADE, related_name="words", db_index=False
    )
    word = models.CharField(max_length=WORD_LENGTH)

    class Meta:
        verbose_name = _("word to search by")
        verbose_name_plural = _("words to search by")
        constraints = [
            models.UniqueConstraint(fields=["customer", "word"], name="word_once_a_customer"),
        ]
        indexes = [
            # PostgreSQL answers LIKE from an index of these classes only; others ignore them.
            models.Index(
                fields=["word", "customer"],
                opclasses=["varchar_pattern_ops", "int8_ops"],
                name="customer_word",
            ),
        ]

    def __str__(self) -> str:
        # Ends up in logs: a number, never a person's data.
        return f"#{self.customer_id}"

    @classmethod
    def keep(cls, customer: int, *texts: str, is_new: bool) -> None:
        """Let these texts' words be the customer's; one INSERT for a new one, else up to three."""
        wanted = {word for text in texts for word in words_of(text)}
        if not is_new:
            stored = set(cls.objects.filter(customer=customer).values_list("word", flat=True))
            if gone := stored - wanted:
                cls.objects.filter(customer=customer, word__in=gone).delete()
            wanted -= stored
        if not wanted:
            return
        rows = ", ".join(["(%s, %s)"] * len(wanted))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO accounts_customerword (customer_id, word) VALUES {rows} "  # noqa: S608
                "ON CONFLICT DO NOTHING",
                [value for word in sorted(wanted) for value in (customer, word)],
            )
