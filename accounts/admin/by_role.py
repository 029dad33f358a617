"""Open the pages of the desk by the role of who asks; Django's permissions count for nothing."""

from typing import Any, ClassVar

from django.http import HttpRequest

from accounts.desk.roles import Right, may
from accounts.models import User


def is_allowed(request: HttpRequest, right: Right | None) -> bool:
    """Tell whether whoever asks has this right; nobody has what is no right."""
    user = request.user
    return right is not None and isinstance(user, User) and may(user, right)


class ByRole:
    """Answer Django's questions about permissions for a page, or a part of one.

    Whatever is not named is nobody's: a new page is closed until it says whose it is.
    """

    sees: ClassVar[Right | None] = None
    changes: ClassVar[Right | None] = None
    adds: ClassVar[Right | None] = None
    deletes: ClassVar[Right | None] = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show it among the others to who may see it."""
        return is_allowed(request, self.sees)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let it be seen."""
        return is_allowed(request, self.sees)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let something of it be changed."""
        return is_allowed(request, self.changes)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let one be added."""
        return is_allowed(request, self.adds)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let one be deleted."""
        return is_allowed(request, self.deletes)
