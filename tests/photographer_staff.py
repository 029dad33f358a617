"""Take the pictures of docs/staff.md, with a browser, on a site of its own (`make screenshots`).

Not a test of the suite: `.ci/screenshots.py` runs it. The customers are those of the
demonstration; a picture shows what a window shows, and on a phone twice as much of it.
"""

from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings

from accounts.desk import case, queue
from accounts.desk.decisions import Decision, Grounds, decide
from accounts.desk.events import Desk
from accounts.models import Customer, Kind, ReviewState, User
from tests.browser import DESK, PHONE, BrowserTestCase, bring_session
from tests.desk import LIST, page_of, sit_down
from tests.photographer import README, SCHEMES, shoot

FOLDER = README / "staff"
SIZES = {DESK: 860, PHONE: 1280}
COLOURS = 24


def member(name: str) -> User:
    """Return one of the demonstration's staff."""
    return User.objects.get(email=f"{name}@kantor.example")


class StaffPictures(BrowserTestCase):
    """Take them all: each page in both languages, schemes and widths."""

    def test_pictures_of_the_desk(self) -> None:
        call_command("demo", force=True, stdout=StringIO())
        # Later: whoever the demonstration has approved is approved.
        self.enterContext(override_settings(REVIEW_FOUR_EYES="approve"))
        reviewer, colleague, officer = map(member, ("reviewer1", "reviewer2", "officer1"))
        waiting = Customer.objects.filter(review_state=ReviewState.NEW, user__is_active=True)
        for customer in waiting.order_by("pk")[:2]:
            decide(
                customer,
                Decision.APPROVE,
                Grounds(),
                desk=Desk(officer),
                version=customer.review_version,
            )
            second = customer.user
        taken = waiting.filter(kind=Kind.COMPANY).order_by("pk")[0].user
        assert queue.take(taken, Desk(reviewer))
        case.write_note(
            taken, "Klient dzwonił: siedziba w przebudowie.", "ordinary", desk=Desk(reviewer)
        )
        queue.take_next(Desk(colleague))
        pages = {
            "desk": (reviewer, "/admin/"),
            "list": (reviewer, LIST),
            "case": (reviewer, page_of(taken)),
            "second": (reviewer, page_of(second)),
            "audit": (member("auditor1"), "/admin/accounts/staffevent/"),
        }
        for language in ("pl", "en"):
            for width, height in SIZES.items():
                for name, (user, address) in pages.items():
                    self.take(name, user, address, language, width, height)

    def take(
        self, name: str, user: User, address: str, language: str, width: int, height: int
    ) -> None:
        """Take the pictures of one page in one language and width."""
        visitor = self.visitor(width=width)
        url = visitor.complaints.site
        visitor.page.context.add_cookies(
            [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": url}]
        )
        bring_session(visitor, sit_down(Client(), user))
        visitor.page.set_viewport_size({"width": width, "height": height})
        response = visitor.page.goto(address)
        assert response is not None
        assert response.ok, address
        for scheme in SCHEMES:
            visitor.page.emulate_media(color_scheme=scheme)
            shoot(visitor.page, FOLDER / f"{name}-{language}-{scheme}-{width}.webp", COLOURS)
