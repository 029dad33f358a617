"""Say with whom there ever was a relationship, and whose data are held, to all who delete.

Whom we approved once stays for the time of the AML act (art. 49), also when that decision was
looked at again. The customer's row remembers it; for decisions that an older release made, the
audit and the mail do, as long as they are kept.
"""

from django.db.models import Exists, OuterRef, Q

from accounts.models import Hold, OutboxMessage, ReviewState, StaffEvent, User

_Action = StaffEvent.Action


def existed() -> Q:
    """Return the condition on accounts for a relationship, now or ever."""
    decided = Q(action=_Action.APPROVED) | Q(action=_Action.CONFIRMED, after__review="approved")
    kind = OutboxMessage.Kind.REVIEW_APPROVED
    return (
        Q(customer__review_state=ReviewState.APPROVED)
        | Q(customer__first_approved_at__isnull=False)
        | Q(Exists(StaffEvent.objects.filter(decided, customer=OuterRef("pk"))))
        | Q(Exists(OutboxMessage.objects.filter(user=OuterRef("pk"), kind=kind)))
    )


def held() -> Q:
    """Return the condition on accounts whose data must not be deleted yet."""
    return Q(Exists(Hold.objects.in_force().filter(user=OuterRef("pk"))))


def existed_with(user: User) -> bool:
    """Tell whether there was a relationship with this customer; one statement."""
    return User.objects.filter(existed(), pk=user.pk).exists()


def is_held(user: User) -> bool:
    """Tell whether this customer's data must not be deleted yet; one statement."""
    return Hold.objects.in_force().filter(user=user.pk).exists()
