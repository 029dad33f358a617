"""Record how a customer heard of the service."""

from accounts.models import Source, SurveyAnswer, User


def answer(user: User, source: Source, details: str = "") -> None:
    """Record the first answer of this customer; a later one changes nothing."""
    SurveyAnswer.objects.get_or_create(user=user, defaults={"source": source, "details": details})
