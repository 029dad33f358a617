"""What the staff's pages answer to values that no page of them sends: never a 500."""

import logging
import re
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client, TestCase
from django.urls import URLResolver
from django.utils import timezone

from accounts.models import (
    AccountProposal,
    Kind,
    OutboxMessage,
    Source,
    StaffEvent,
    User,
)
from accounts.services import survey
from tests.desk import sit_down
from tests.elements import read
from tests.factories import activated, clerk, decide, registered, staff
from tests.thorough import THOROUGH, some
from tests.walk import URLENCODED

ACCOUNTS = "/admin/accounts/user/"
MESSAGES = "/admin/accounts/outboxmessage/"
SOURCES = "/admin/accounts/source/"
MEMBERS = "/admin/accounts/staffmember/"
EVENTS = "/admin/accounts/staffevent/"
RISK = "/admin/accounts/highriskcountry/"
# What an administrator looks after, who sees no customers.
OF_ADMINISTRATORS = (SOURCES, MEMBERS)

# As they stand in an address or a form: percent-encoded, so that what is no text can be sent too.
NASTY = (
    "",
    "abc",
    "a%00b",
    "-1",
    "1.5",
    "1e999",
    "True",
    str(2**63),
    str(10**30),
    "9" * 5000,
    "0001-01-01",
    "9999-12-31%2023%3A59%3A59.999999",
    "2026-02-30",
    "2026-03-29T02%3A30%3A00",
    "2026-11-29T10%3A00%3A00%2B99%3A99",
    "%ED%A0%80",
    "%FF%FE%F0%9F",
    "%",
    "%D9%A3",
    "1_000",
    "%5B",
    "1%2C2%2Cabc",
    "_5F_3A",
    "..%2F..%2Fetc%0D%0ASet-Cookie%3A%20x",
    "%27%20OR%201%3D1--%7B%7B7*7%7D%7D",
)
# Those that found something: few enough for every field of every form.
WORST = ("%00", "abc", str(10**30), "0001-01-01", "%ED%A0%80", "")
VARIABLE = re.compile("<[^>]+>")
# Fields of a form that are worth it: one row of each kind, no buttons.
VARIED = re.compile(r"^(?!csrf|_|.*-[1-9]\d*-|.*_NUM_FORMS$)")
FIELDS = "input[name], textarea[name], select[name]"
LISTS: dict[str, tuple[str, ...]] = {
    ACCOUNTS: (
        *("kind", "account", "review", "holder", "language", "source"),
        *("since", "until", "overdue", "before", "after", "s"),
    ),
    MESSAGES: ("state__exact", "kind__exact"),
    SOURCES: (),
    MEMBERS: (),
    EVENTS: ("action__exact", "role", "at__gte", "at__lt"),
    RISK: (),
}
PARAMETERS = ("q", "o", "p", "all", "e", "_popup", "_to_field", "_changelist_filters", "_facets")


class NastyTestCase(TestCase):
    """An officer and an administrator, signed in to a site with something of everything."""

    boss: User
    company: User
    pending: User
    message: OutboxMessage
    source: Source
    member: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = staff(superuser=True)
        cls.company = activated(Kind.COMPANY)
        cls.pending = registered()
        cls.source = Source.objects.order_by("pk")[0]
        survey.answer(cls.company.pk, cls.source, "")
        decide(cls.company, "approved")
        cls.message = OutboxMessage.objects.order_by("pk")[0]
        cls.member = clerk("support")
        StaffEvent.objects.create(
            actor=cls.member.pk, action=StaffEvent.Action.VIEWED, customer=cls.company.pk
        )

    def setUp(self) -> None:
        self.client.raise_request_exception = False
        sit_down(self.client, staff())
        self.administrator = Client(raise_request_exception=False)
        sit_down(self.administrator, self.boss)
        self.asked = 0
        # Django warns of a day without a zone, and goes on with ours.
        self.enterContext(warnings.catch_warnings())
        warnings.simplefilter("ignore", RuntimeWarning)
        # Each refusal has its lines; here are thousands.
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def ask(self, address: str, body: str | None = None) -> Any:
        """Send a request, undo what it did, and return the answer, which is no fault of ours."""
        is_for_boss = address.startswith(OF_ADMINISTRATORS)
        client = self.administrator if is_for_boss else self.client
        with transaction.atomic():
            if body is None:
                response = client.get(address)
            else:
                response = client.post(address, body, content_type=URLENCODED)
            transaction.set_rollback(True)
        self.asked += 1
        status, sent = response.status_code, (address[:300], (body or "")[:300])
        assert status in (200, 302) or 400 <= status < 500, (status, *sent)
        return response


def form_of(response: Any) -> dict[str, str]:
    """Return what a browser would send of the page's own form, each value percent-encoded."""
    form = read(response.content).select_one("#content form[method=post]")
    assert form is not None
    data = {}
    for field in form.select(FIELDS):
        if field.name == "select":
            chosen = field.select_one("option[selected]")
            value = chosen["value"] if chosen else ""
        elif field.name == "textarea":
            value = field.get_text()
        else:
            value = field.get("value") or ""
        data[field["name"]] = quote(value)
    return data


def addresses_of(patterns: list[Any], before: str = "") -> Iterator[tuple[str, str | None]]:
    """Yield every address with its name; what varies in it stands between < and >."""
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses_of(pattern.url_patterns, path)
        elif not path.startswith(("^", "(")):
            yield path, pattern.name


def encoded(data: dict[str, str]) -> str:
    """Return a form as it is sent; names and values are encoded already."""
    return "&".join(f"{name}={value}" for name, value in data.items())


class ListTests(NastyTestCase):
    """The addresses of the lists."""

    def test_take_any_value_of_what_a_list_asks_for(self) -> None:
        for address, lookups in LISTS.items():
            for turn, name in enumerate(lookups):
                for value in some(NASTY, turn, 6):
                    self.ask(f"{address}?{name}={value}")
                self.ask(f"{address}?{name}=1&{name}=abc&{name}=%00")
            for turn, name in enumerate(PARAMETERS):
                for value in some(NASTY, turn, 6) if address == ACCOUNTS else some(WORST, turn, 2):
                    self.ask(f"{address}?{name}={value}")
        assert self.asked > (500 if THOROUGH else 150)

    def test_answer_400_to_what_no_filter_asks_for(self) -> None:
        for address, name in (
            (ACCOUNTS, "password__startswith"),
            (ACCOUNTS, "email__contains"),
            (ACCOUNTS, "created_at__year"),
            (ACCOUNTS, "customer__nip"),
            (ACCOUNTS, "nonsense"),
            (ACCOUNTS, "__"),
            (MESSAGES, "recipient__startswith"),
            (MESSAGES, "user__password__startswith"),
            (MESSAGES, "nonsense"),
            (SOURCES, "name_pl__regex"),
            (SOURCES, "survey_answers__user__password__startswith"),
            (MEMBERS, "password__startswith"),
            (EVENTS, "network__startswith"),
            (EVENTS, "at__year"),
            (RISK, "added_by__password__startswith"),
        ):
            for value in ("", "1", "abc"):
                assert self.ask(f"{address}?{name}={value}").status_code == 400, name

    def test_answer_400_to_the_values_that_once_were_a_500(self) -> None:
        # PostgreSQL knows days before the first one.
        for name in ("created_at__lt=0001-01-01", "since=0001-01-01", "until=9999-12-31"):
            assert self.ask(f"{ACCOUNTS}?{name}").status_code == 400
        assert self.ask(f"{ACCOUNTS}?kind=%00").status_code == 400

    def test_take_any_words_of_a_search_and_any_name_of_a_view(self) -> None:
        for value in NASTY:
            self.ask(f"{ACCOUNTS}search/", f"words={value}")
            self.ask(f"{MESSAGES}search/?state__exact={value}", f"words={value}")
            self.ask(f"{ACCOUNTS}views/?kind=company", f"name={value}")
            self.ask(f"{ACCOUNTS}search/?kind={value}", "words=zak")
            self.ask(f"{ACCOUNTS}export/?kind={value}", "format=csv")
            self.ask(f"{ACCOUNTS}export/?s={value}", "format=csv")
        for action in ("take", "release", "end_sessions", "send_link"):
            refused = self.ask(ACCOUNTS, f"action={action}&_selected_action=abc")
            self.assertContains(refused, "Nie udało się odczytać żądania", status_code=400)


class ActionTests(NastyTestCase):
    """The actions of the lists."""

    def test_take_any_selection(self) -> None:
        for turn, address in enumerate(LISTS):
            for value in some(NASTY, turn, 7):
                action = "retry" if address == MESSAGES else "take"
                self.ask(address, f"action={action}&_selected_action={value}")
            for action in ("release", "end_sessions", "send_link", "delete_selected", "abc", "%00"):
                selections = (*WORST, f"{self.company.pk}&_selected_action=abc")
                for value in some(selections, turn, 2):
                    self.ask(address, f"action={action}&_selected_action={value}&post=yes")
        assert self.asked > (200 if THOROUGH else 60)

    def test_take_anything_around_a_selection(self) -> None:
        for name in ("action", "index", "select_across", "post", "_save", "_popup"):
            for value in WORST:
                body = {"action": "take", "_selected_action": str(self.company.pk)}
                self.ask(ACCOUNTS, encoded(body | {name: value}))

    def test_of_a_filtered_list_take_any_filter(self) -> None:
        for name in LISTS[ACCOUNTS]:
            for value in WORST:
                body = f"action=take&_selected_action={self.company.pk}&select_across=1"
                self.ask(f"{ACCOUNTS}?{name}={value}", body)


class PageTests(NastyTestCase):
    """The pages of one thing, and those of the site."""

    def test_of_every_address_take_any_number(self) -> None:
        names = set()
        for path, name in addresses_of(admin.site.get_urls()):
            names.add(name)
            for value in NASTY if VARIABLE.search(path) else ("",):
                address = "/admin/" + value.join(VARIABLE.split(path))
                self.ask(address)
                if value in WORST:
                    self.ask(address, "post=yes")
        assert {"accounts_user_change", "accounts_user_delete", "accounts_user_reveal"} <= names
        assert {"accounts_staffmember_change", "accounts_staffevent_changelist"} <= names
        assert {"autocomplete", "password_change", "login", "view_on_site"} <= names

    def test_of_one_thing_take_any_question(self) -> None:
        for address in (
            f"{ACCOUNTS}{self.company.pk}/",
            f"{MESSAGES}{self.message.pk}/",
            f"{SOURCES}{self.source.pk}/",
            f"{MEMBERS}{self.member.pk}/",
            f"{EVENTS}{StaffEvent.objects.order_by('pk')[0].pk}/",
        ):
            for page in ("change/", "history/", "delete/"):
                for turn, name in enumerate(PARAMETERS):
                    for value in some(WORST, turn, 2):
                        self.ask(f"{address}{page}?{name}={value}")
                    self.ask(f"{address}{page}?{name}=", f"{name}=&post=yes")
        # Django asks for a field of this name, and not whether there is one.
        nameless = self.ask(f"{SOURCES}{self.source.pk}/change/?_to_field=")
        assert nameless.status_code == 400

    def test_of_the_site_take_any_question(self) -> None:
        kinds = [str(ContentType.objects.get_for_model(model).pk) for model in (User, Source)]
        for value in WORST:
            for kind in (*kinds, value):
                self.ask(f"/admin/r/{kind}/{value}/")
            self.ask(f"/admin/jsi18n/?language={value}")
            for name in ("app_label", "model_name", "field_name", "term", "page"):
                asked = {"app_label": "accounts", "model_name": "user", "field_name": "groups"}
                self.ask(f"/admin/autocomplete/?{encoded(asked | {name: value})}")
            for path in ("login", "logout", "password_change"):
                self.ask(f"/admin/{path}/?next={value}")

    def test_take_any_value_of_any_field(self) -> None:
        for address in (
            f"{ACCOUNTS}{self.company.pk}/change/",
            f"{ACCOUNTS}{self.company.pk}/reveal/phone/",
            f"{ACCOUNTS}{self.pending.pk}/usuniecie/",
            f"{SOURCES}{self.source.pk}/change/",
            f"{SOURCES}add/",
            f"{RISK}add/",
            f"{MEMBERS}{self.member.pk}/change/",
            "/admin/password_change/",
        ):
            data = form_of(self.ask(address))
            for turn, name in enumerate(filter(VARIED.search, data)):
                for value in some(WORST, turn, 1):
                    # A thousand rows are as many as ten to the thirtieth, and take a second.
                    is_total = name.endswith("-TOTAL_FORMS") and value.isdecimal()
                    self.ask(address, encoded(data | {name: "3" if is_total else value}))
                self.ask(address, encoded({k: v for k, v in data.items() if k != name}))
        assert self.asked > (150 if THOROUGH else 40)

    def test_take_any_row_of_a_list_that_is_edited_in_place(self) -> None:
        data = form_of(self.ask(SOURCES)) | {"action": "", "_save": "1"}
        assert self.ask(SOURCES, encoded(data)).status_code == 302
        for turn, name in enumerate(list(filter(VARIED.search, data))[:10]):
            for value in some(WORST, turn, 2):
                self.ask(SOURCES, encoded(data | {name: value}))
            self.ask(SOURCES, encoded({k: v for k, v in data.items() if k != name}))


class StaffPageTests(NastyTestCase):
    """The same doors for a member of staff who may do less."""

    def setUp(self) -> None:
        super().setUp()
        sit_down(self.client, clerk("support"))

    def test_take_any_value(self) -> None:
        for address, lookups in LISTS.items():
            for turn, name in enumerate((*lookups, "q", "o", "p")):
                for value in some(WORST, turn, 2):
                    self.ask(f"{address}?{name}={value}")
        self.ask(f"{ACCOUNTS}{self.company.pk}/change/")


class ExportTests(NastyTestCase):
    """The form of an export, and what is asked of one."""

    def test_take_any_value(self) -> None:
        whole = {"format": "csv", "values": "whole", "reason": "audit"}
        for name in (*whole, "made-up"):
            for value in WORST:
                self.ask(f"{ACCOUNTS}export/", encoded(whole | {name: value}))
        for name, value in (("format", "pdf"), ("format", ""), ("values", "x"), ("reason", "x")):
            refused = self.ask(f"{ACCOUNTS}export/", encoded(whole | {name: value}))
            assert refused.status_code == 400, name
        for act in ("file", "delete", "answer"):
            for value in WORST:
                self.ask(f"{ACCOUNTS}exports/{10**30}/{act}/", f"step={value}")
                self.ask(f"{ACCOUNTS}exports/1/{act}/", f"step={value}")

    def test_answer_400_to_what_no_filter_asks_for(self) -> None:
        for name in ("password__startswith", "after", "nonsense"):
            refused = self.ask(f"{ACCOUNTS}export/?{name}=1", "format=csv")
            assert refused.status_code == 400, name


class KeepingTests(NastyTestCase):
    """What is kept, copied, erased and counted, and what a visitor reads on the phone."""

    def test_take_any_value(self) -> None:
        AccountProposal.objects.create(
            user=self.company, what="restore", reason="owner", author=self.member
        )
        day = timezone.localdate().isoformat()
        for address, fields in (
            ("wstrzymanie", {"reason": "giif", "until": day}),
            ("wstrzymanie", {"step": "release", "hold": "1", "why": "settled"}),
            ("kopia", {"format": "json", "reason": "letter"}),
            ("usuniecie", {"reason": "request"}),
            ("propozycja", {"proposal": "1", "step": "return", "note": "x"}),
        ):
            for number in (self.company.pk, self.pending.pk, 10**30):
                page = f"{ACCOUNTS}{number}/{address}/"
                self.ask(page)
                for name in (*fields, "made-up"):
                    for value in WORST:
                        self.ask(page, encoded(fields | {name: value}))
        for value in NASTY:
            self.ask("/admin/accounts/supportcode/", f"code={value}")
            self.ask(f"/admin/accounts/supportcode/?code={value}")
            for slug in ("", "mails.csv"):
                self.ask(f"/admin/accounts/dailycount/{slug}?first={value}&last={day}")
                self.ask(f"/admin/accounts/dailycount/{slug}?first={day}&last={value}")


class CaseFormsTests(NastyTestCase):
    """The small forms on the page of a case."""

    def test_take_any_value(self) -> None:
        whole = {"decision": "reject", "version": "1", "reason": "unclear", "note": "x"}
        for address, fields in (
            ("decyzja", {**whole, "words": "", "sections": "", "is_silent": ""}),
            ("notatka", {"text": "x", "kind": "ordinary"}),
            ("przejecie", {"release": ""}),
            ("answer", {"proposal": "1", "verdict": "confirm"}),
            ("propose/phone", {"phone": "602 345 678", "reason": "slip"}),
            ("propose/email", {"email": "nowy@example.com", "reason": "slip"}),
            (
                "correct/name",
                {
                    **{"first_name": "Jan", "last_name": "Nowak", "reason": "slip"},
                    **{"seen": "0", "unseen": "main_street"},
                },
            ),
            ("pomoc", {"act": "session", "session": "1"}),
            ("pomoc", {"act": "override", "reason": "contact"}),
            ("wykaz", {}),
        ):
            page = f"{ACCOUNTS}{self.pending.pk}/{address}/"
            for name in (*fields, "made-up"):
                for value in WORST:
                    self.ask(page, encoded(fields | {name: value}))
            self.ask(f"{ACCOUNTS}{10**30}/{address}/", encoded(fields))
