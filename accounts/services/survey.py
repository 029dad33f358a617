"""Record how a customer heard of the service."""

from accounts.models import Source, SurveyAnswer, User


def answer(user: User, source: Source, details: str = "") -> None:
    """Record the first answer of this customer; a later one changes nothing.

    Details belong to a source that asks for them; typed beside another one they were left over.
    """
    details = details if source.asks_details else ""
    SurveyAnswer.objects.get_or_create(user=user, defaults={"source": source, "details": details})
