"""Fill every table with values of one customer alone, and look for them everywhere."""

import hashlib
import re
import unicodedata
from typing import Any

from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from accounts.account import services as account
from accounts.admin.export import make_file
from accounts.contact import services as contact
from accounts.desk import case, corrections, export, holds, masks
from accounts.desk.events import Desk
from accounts.desk.export import Order
from accounts.mail import outbox
from accounts.models import (
    AccountEvent,
    AccountProposal,
    AccountSession,
    ConsentRecord,
    ExportFile,
    Kind,
    OutboxMessage,
    RegisterCheck,
    Source,
    SurveyAnswer,
    User,
)
from accounts.services import agreements, events
from accounts.statistics import counting, support_code
from accounts.statistics.support_code import Page
from accounts.values.visit import Visit
from kantor.serving.models import Session
from tests.authenticator import enrolled
from tests.browsers import put_in
from tests.desk import LIST, page_of, sit_down
from tests.factories import activated, clerk
from tests.letters import deliver
from tests.phone import stopped_clock, turned_on

EMAIL = "Kanarkoslawa.Zolta@ptasznik.example"
# Nobody else's, folded: parts of names and addresses, and numbers whole.
CANARIES = (
    "kanark",
    "ptaszn",
    "zoltodziob",
    "699111222",
    "9990005551",
    "990005557",
    "0000999555",
    "698333444",
    "203.0.x.x",
)
HERE = Visit("firefox", "windows", "203.0.x.x")
DETAILS = {
    "company_name": "Kanarkopol Żółtodziób sp. z o.o.",
    "nip": "9990005551",
    "regon": "990005557",
    "krs": "0000999555",
    "main_street": "Kanarkowa Pętla",
    "main_city": "Kanarkowice",
    "corr_street": "Ptasznika",
    "corr_city": "Kanarkowo",
    "first_name": "Kanarkosława",
    "last_name": "Ptasznikówna",
    "position": "kanarkarka",
    "phone": "+48699111222",
}


def everywhere(email: str = EMAIL) -> User:
    """Return a customer of whom there is a row of every kind, each with a value of his alone."""
    user = activated(Kind.COMPANY, news=True, email=email, **DETAILS)
    agreements.withdraw_news(user, channel=ConsentRecord.Channel.ACCOUNT)
    reviewer, officer = clerk("reviewer"), clerk("officer")
    desk = Desk(officer, session="sesja", network="198.51.100.7")
    SurveyAnswer.objects.create(user=user, source=Source.objects.all()[0], details="od kanarka")
    case.write_note(user, "Kanarki w notatce", "ordinary", desk=desk)
    case.write_note(user, "Kanarki AML", "aml", desk=desk)
    user.customer.review_note = "kanarkowa notatka"
    user.customer.save()
    RegisterCheck.objects.create(
        user=user, nip="9990005551", is_found=True, name="KANARKOPOL", day=timezone.localdate()
    )
    account.change(user, "address", {"main_city": "Kanarków"})
    corrections.propose(user, "phone", "+48698333444", "slip", desk=Desk(reviewer))
    corrections.propose(user, "email", "nowa@ptasznik.example", "slip", desk=Desk(reviewer))
    AccountProposal.objects.create(user=user, what="restore", reason="owner", author=officer)
    holds.set_hold(user, "complaint", timezone.localdate(), desk=desk)
    masks.reveal(user.pk, "phone", "review", desk=desk)
    outbox.put_to_address(OutboxMessage.Kind.ONE_TIME_CODE, email, "pl", visit=HERE)
    with stopped_clock():
        turned_on(user)
    enrolled(user)
    user.passkeys.update(name="kanarkowy telefon")
    _at_the_site(user)
    _at_the_desk(user, officer)
    _at_the_desk_beside_decisions(user, officer)
    contact.ask(user, "inna@ptasznik.example", visit=HERE)
    events.record(user, AccountEvent.Kind.SIGNED_IN, visit=HERE, how="password")
    # Whoever corrects an identity withdraws the request: it is asked last.
    account.ask(user, "name", {"last_name": "Ptasznik"}, "Ślub z kanarkiem")
    deliver()
    return User.objects.get(pk=user.pk)


def _at_the_site(user: User) -> None:
    """Let the customer be signed in, with something that his session remembers."""
    browser = put_in(user, Client())
    session = browser.session
    session["typed"] = {"city": "Kanarkowiec"}
    session.save()
    now, hashed = timezone.now(), hashlib.sha256(str(session.session_key).encode()).hexdigest()
    AccountSession.objects.update_or_create(
        session_hash=hashed,
        defaults={"user": user, "began_at": now, "seen_at": now, "network_shown": "203.0.x.x"},
    )


def _at_the_desk(user: User, officer: User) -> None:
    """Look at the customer as an officer does, and be refused something."""
    browser = sit_down(Client(), officer)
    browser.get(page_of(user))
    browser.post(
        f"{LIST}{user.pk}/decyzja/", {"decision": "reject", "note": "kanark", "version": 0}
    )


def _at_the_desk_beside_decisions(user: User, officer: User) -> None:
    """Search for the customer, export, correct and count him, and help him on the phone."""
    browser = sit_down(Client(), officer)
    searched = browser.post(f"{LIST}search/", {"words": "Ptasznikówna Kanarkosława"})
    assert browser.get(searched["Location"]).status_code == 200
    sit_down(Client(), clerk("support")).post(f"{LIST}search/", {"words": "698333444"})
    query = searched["Location"].removeprefix(LIST)
    whole = {"format": "csv", "values": "whole", "reason": "audit"}
    assert has_canary(browser.post(f"{LIST}export/{query}", whole).getvalue())
    activated()
    with override_settings(EXPORT_AT_ONCE=0):
        browser.post(f"{LIST}export/", whole)
        browser.post(f"{LIST}export/{query}", {"format": "xlsx"})
        # One that still waits for its turn.
        order = Order("csv", found=[user.pk])
        ordered = export.order(order, User.objects.all(), desk=Desk(officer))
    assert isinstance(ordered, ExportFile)
    make_file.call(ordered.pk)
    changed = {"first_name": "Kanarkosława", "last_name": "Ptasznik-Kanarek"}
    corrections.correct(user, "name", changed, "slip", desk=Desk(officer), seen=0)
    browser.get("/admin/accounts/dailycount/")
    code = support_code.made_of(f"{user.attempt}")
    page = Page("details", "company", "pl", [("company_name", "required")])
    support_code.begin(code, page, timezone.now() + support_code.LIFETIME)
    assert "Firma" in browser.post("/admin/accounts/supportcode/", {"code": code}).content.decode()
    browser.post(f"{LIST}{user.pk}/kopia/", {"format": "json", "reason": "letter"})
    counting.flush()


def found_in_database() -> list[tuple[str, str, Any]]:
    """Return where a canary is: table, column and value of every table that there is."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            columns = [
                column.name if hasattr(column, "name") else column[0]
                for column in cursor.description
            ]
            for row in cursor.fetchall():
                found += [
                    (table, name, value)
                    for name, value in zip(columns, row, strict=True)
                    if has_canary(value)
                ]
    for session in Session.objects.all():
        if has_canary(session.get_decoded()):
            found.append((Session._meta.db_table, "session_data", session.get_decoded()))
    return found


def has_canary(value: Any) -> bool:
    """Tell whether a canary is in this value, however it is spelled."""
    if isinstance(value, memoryview | bytes):
        value = bytes(value).decode("utf-8", "replace")
    text = str(value)
    # JSON, as SQLite keeps it. By chance bytes of a compressed file have the sign's beginning too.
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda sign: chr(int(sign[1], 16)), text)
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    return any(canary in bare for canary in CANARIES)
