"""Zgody i regulamin: what a customer agreed to, and news that stop by one click."""

from copy import copy
from datetime import date
from typing import Any

from django.conf import settings
from django.test import Client, TestCase, TransactionTestCase
from django.utils.formats import date_format
from django.utils.translation import override

from accounts import consents, news_link
from accounts.models import ConsentRecord, Kind, User
from accounts.services import agreements, ledger, review
from kantor.serving.typography import untie
from tests.browsers import put_in
from tests.closings import close
from tests.factories import activated, staff, suspended
from tests.parallel import at_once
from tests.walk import Visitor

PAGE = "/konto/zgody/"
WITHDRAW, AGREE = "Wycofaj zgodę", "Wyrażam zgodę"
Channel = ConsentRecord.Channel


def visitor_of(user: User) -> Visitor:
    return Visitor(put_in(user, Client()))


def words_of(page: Visitor, selector: str) -> list[str]:
    """Return what stands in these elements, without what only a screen reader says."""
    found = []
    for element in copy(page.page).select(f"main {selector}"):
        for hidden in element.select(".visually-hidden"):
            hidden.decompose()
        words = " ".join(untie(element.get_text()).split())
        found.append(words.replace(" .", ".").replace(" ,", ","))
    return found


def in_polish(version: str) -> str:
    with override("pl"):
        return untie(date_format(date.fromisoformat(version), "DATE_FORMAT"))


def link_of(user: User) -> str:
    return news_link.address(user, "pl").removeprefix(settings.BASE_URL)


def rows(user: User) -> list[tuple[bool, str]]:
    """Return what was said to news, oldest first, and where."""
    return list(
        user.consents.filter(key="news_email")
        .order_by("recorded_at", "pk")
        .values_list("given", "channel")
    )


class PageTests(TestCase):
    """The page of the account."""

    def test_shows_each_sentence_as_it_was_shown_with_version_time_and_proof(self) -> None:
        for kind in Kind:
            for language in ("pl", "en"):
                with self.subTest(kind=kind, language=language):
                    user = activated(kind, language=language, news=False)
                    page = visitor_of(user).open(PAGE)
                    assert page.heading == "Zgody i regulamin"
                    sentences = words_of(page, f"p[lang={language}]")
                    proofs = "".join(words_of(page, "details .hint")).replace(" ", "")
                    for consent in consents.asked_of(kind):
                        assert consents.text(consent, language) in sentences
                        assert consents.text_hash(consent, language) in proofs
                        assert page.shows(f"Wersja z dnia {in_polish(consent.version)}")
                    assert page.shows("Nie wyrażono zgody")
                    assert page.shows("formularz rejestracji")

    def test_keeps_the_old_version_beside_the_new(self) -> None:
        user = activated()
        old = consents.VERSIONS["terms"][-1]
        record = user.consents.get(key="terms")
        for version in (old, record.version):
            ledger.append(
                ConsentRecord(
                    user=user, key="terms", version=version, text_hash=record.text_hash,
                    language="pl", given=True, channel=Channel.ACCOUNT,
                )
            )  # fmt: skip
        page = visitor_of(user).open(PAGE)
        assert page.shows(f"Wersja z dnia {in_polish(old)}")
        links = {str(link["href"]) for link in page.select("main .places a")}
        assert any(old in link for link in links)
        assert any(record.version in link for link in links)
        assert f"/regulamin/{old}/pdf/" in links

    def test_says_why_the_account_needs_a_declaration_and_offers_no_button_for_it(self) -> None:
        page = visitor_of(activated(news=True)).open(PAGE)
        assert page.shows("oznacza zamknięcie konta")
        assert page.shows("Regulamin to umowa")
        assert [words for words in page.buttons() if words in (WITHDRAW, AGREE)] == [WITHDRAW]

    def test_withdraws_and_agrees_again_by_one_click_each(self) -> None:
        user = activated(news=True)
        page = visitor_of(user).open(PAGE).press(WITHDRAW)
        assert page.shows("Nie będziemy już wysyłać Ci nowości.")
        assert page.shows("Wycofano zgodę")
        assert rows(user) == [(True, "registration"), (False, "account")]
        page.press(AGREE)
        assert rows(user)[2:] == [(True, "account")]
        newest = user.consents.filter(key="news_email").last()
        assert newest is not None
        (news,) = (one for one in consents.CONSENTS if one.key == "news_email")
        assert newest.text_hash == consents.text_hash(news, "pl")
        assert page.buttons().count(WITHDRAW) == 1

    def test_writes_one_row_for_a_click_that_comes_twice(self) -> None:
        user = activated(news=True)
        page = visitor_of(user).open(PAGE)
        post = page.post_of(WITHDRAW)
        page.send(post).send(post)
        assert len(rows(user)) == 2

    def test_agrees_to_nothing_for_an_account_that_was_closed_at_that_moment(self) -> None:
        user = activated()
        before = rows(close(user))
        assert not agreements.agree_to_news(user, language="pl")
        assert rows(user) == before

    def test_changes_nothing_by_what_no_button_sends(self) -> None:
        user = activated(news=True)
        client = put_in(user, Client())
        for data in ({}, {"news": ""}, {"news": "maybe\0"}):
            assert client.post(f"{PAGE}nowosci/", data).status_code == 302
        assert client.get(f"{PAGE}nowosci/").status_code == 405
        assert client.head(f"{PAGE}nowosci/").status_code == 405
        assert len(rows(user)) == 1

    def test_is_for_the_one_who_is_signed_in(self) -> None:
        other = activated(news=True)
        for path in (PAGE, f"{PAGE}nowosci/"):
            for answer in (Client().get(path), Client().post(path, {"news": "no"})):
                assert answer.status_code == 302
                assert answer["Location"].startswith("/logowanie/")
        client = put_in(activated(news=True), Client())
        client.post(f"{PAGE}nowosci/", {"news": "no", "user": other.pk})
        assert rows(other) == [(True, "registration")]
        closed = put_in(other, Client())
        review.suspend(other)
        assert closed.post(f"{PAGE}nowosci/", {"news": "no"})["Location"].startswith("/logowanie/")
        assert rows(other) == [(True, "registration")]

    def test_is_empty_for_staff_who_are_no_customers(self) -> None:
        user = staff()
        page = visitor_of(user).open(PAGE)
        assert page.shows("To konto nie ma żadnych zgód.")
        client = put_in(user, Client())
        assert client.post(f"{PAGE}nowosci/", {"news": "yes"}).status_code == 404
        assert not rows(user)


class LinkTests(TestCase):
    """The link in a mail with news, opened without signing in."""

    def setUp(self) -> None:
        self.user = activated(news=True)
        self.path = link_of(self.user)

    def test_asks_by_one_button_and_changes_nothing_before(self) -> None:
        page = Visitor().open(self.path)
        assert page.heading == "Nie chcesz już dostawać nowości?"
        assert page.buttons() == [WITHDRAW]
        assert not page.shows(self.user.email)
        assert "no-store" in page.response["Cache-Control"]
        Client().head(self.path)
        assert agreements.wants_news(self.user)

    def test_looking_changes_nothing_whoever_looks(self) -> None:
        ahead: tuple[dict[str, str], ...] = (
            {},
            {"Sec-Purpose": "prefetch"},
            {"Purpose": "preview"},
        )
        for said in ahead:
            for client in (Client(), put_in(self.user, Client())):
                for look in (client.get, client.head):
                    assert look(self.path, headers=said).status_code == 200
        assert agreements.wants_news(self.user)

    def test_withdraws_for_its_own_account_whoever_is_signed_in(self) -> None:
        stranger = activated(news=True)
        Visitor(put_in(stranger, Client())).open(self.path).press(WITHDRAW)
        assert not agreements.wants_news(self.user)
        assert agreements.wants_news(stranger)

    def test_withdraws_by_the_button(self) -> None:
        page = Visitor().open(self.path).press(WITHDRAW)
        assert page.heading == "Nie wysyłamy Ci nowości"
        assert page.buttons() == []
        assert rows(self.user) == [(True, "registration"), (False, "link")]
        assert page.reload().heading == "Nie wysyłamy Ci nowości"

    def test_withdraws_by_the_one_click_of_a_mail_program(self) -> None:
        client = Client(enforce_csrf_checks=True)
        for _ in range(2):
            answer = client.post(self.path, {"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
        assert rows(self.user) == [(True, "registration"), (False, "link")]

    def test_withdraws_for_an_account_that_staff_closed(self) -> None:
        user = suspended(news=True)
        Visitor().open(link_of(user)).press(WITHDRAW)
        assert not agreements.wants_news(user)

    def test_does_not_agree_where_nobody_did(self) -> None:
        user = activated(news=False)
        Client().post(link_of(user))
        assert rows(user) == [(False, "registration")]

    def test_refuses_what_is_not_whole(self) -> None:
        stranger = activated(news=True)
        forged = self.path.replace(f"/{self.user.pk}~", f"/{stranger.pk}~")
        deleted = link_of(User(pk=10**9))
        for path in (forged, self.path[:-5] + "/", deleted, "/zgody/zepsuty/"):
            answers: list[Any] = [Client().get(path), Client().post(path)]
            assert [answer.status_code for answer in answers] == [404, 404], path
            assert "Ten link nie działa" in answers[0].content.decode()
        assert agreements.wants_news(stranger)

    def test_is_in_the_headers_that_mail_programs_read(self) -> None:
        assert news_link.headers(self.user, "en") == {
            "List-Unsubscribe": f"<{settings.BASE_URL}/en{self.path}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        assert Visitor().open(f"/en{self.path}").buttons() == ["Withdraw the consent"]


class AtOnceTests(TransactionTestCase):
    """Several clicks at the same moment."""

    serialized_rollback = True

    def test_add_one_row(self) -> None:
        user = activated(news=False)
        for expected in (True, False) * 3:
            before = len(rows(user))

            def say(yes: bool = expected) -> bool:
                if yes:
                    return agreements.agree_to_news(user, language="pl")
                return agreements.withdraw_news(user, channel=Channel.LINK)

            said = at_once(*[say] * 6)
            assert sorted(said) == [False] * 5 + [True]
            assert len(rows(user)) == before + 1
            assert agreements.wants_news(user) is expected
