"""Polish pages are Polish and English pages are English, in every state."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any
from unittest import mock

from bs4 import BeautifulSoup, Tag
from django.conf import settings
from django.core import mail
from django.test import Client, TestCase, override_settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from accounts import disowning, email_link, tokens
from accounts.models import (
    AccountEvent,
    AccountSession,
    Counter,
    EmailChange,
    Kind,
    RecoveryCode,
    User,
)
from accounts.services import credentials, events, registration
from accounts.services.activation import PASSWORD_TRIES
from accounts.sign_in import tries
from accounts.totp import first_step, services
from accounts.values import bank_spelling
from accounts.values.visit import Visit
from kantor.serving.typography import untie
from tests import factories, letters
from tests.browsers import put_in, signed_in
from tests.catalogues import CATALOGUES, LANGUAGES, entries
from tests.clock import later
from tests.doors import digits_label
from tests.lines import loose_lines
from tests.people import COMPANY, ENGLISH, FIRMA, OSOBA, PASSWORD, PERSON, POLISH, Applicant, Words
from tests.phone import OTHER_KEYS, stopped_clock, turned_on
from tests.walk import Post, Visitor

WEEK = timedelta(days=7)
CONTENT_PAGES = (
    "home",
    "help",
    "guide",
    "about",
    "how-it-works",
    "benefits",
    "terms",
    "privacy",
    "accounts:registration-cancelled",
    "accounts:registration-resent",
    "accounts:registration-sent",
    "accounts:password-reset-sent",
    "accounts:password-reset-done",
)
SPOKEN = (
    "alt",
    "title",
    "aria-label",
    "placeholder",
    "data-show-label",
    "data-hide-label",
    "data-new-picture",
    "data-met-words",
    "data-missing-words",
)
# What people type wrongly; every field is given each of them.
MISTAKES = ("1", "@", "<b>x</b>", "a\N{RIGHT-TO-LEFT OVERRIDE}b", "x" * 399, "jan@", "123-45")


def words(text: str) -> set[str]:
    """Return the words of a text; single letters are left out, they are in every language."""
    # Nor are the letters within a hash a word, whatever they spell.
    plain = re.sub(r"%\(\w+\)\w|\{\w+\}|<[^>]*>|\S+@\S+|https?:\S+|\b[0-9a-f]{64}\b", " ", text)
    return {word.casefold() for word in re.findall(r"[^\W\d_]{2,}", plain)}


def vocabulary(language: str) -> set[str]:
    """Return every word that the site says in a language."""
    (po,) = (each for each in CATALOGUES if language in each.parts)
    said = {word for entry in entries(po) for each in entry.translations for word in words(each)}
    for document in settings.BASE_DIR.glob(f"templates/legal/**/{language}.html"):
        said |= words(document.read_text())
    return said


@cache
def foreign_words(language: str) -> set[str]:
    """Return the words that the site says in the other language alone, names left out."""
    (other,) = set(LANGUAGES) - {language}
    # Saint-Martin and the island Heard are called so in Polish too.
    return vocabulary(other) - vocabulary(language) - {"saint", "heard"}


def spoken(page: Tag, language: str) -> Iterator[str]:
    """Yield what a page says, its attributes and title included, in its own language."""
    for element in page.find_all(lang=True):
        if element.name != "html" and element["lang"] != language:
            element.decompose()
    # Keys and codes are of no language, and may spell a word of any.
    for element in page.select('[translate="no"]'):
        element.decompose()
    # Where a word may be broken, no other begins.
    for element in page.find_all("wbr"):
        element.decompose()
    page.smooth()
    yield page.get_text(" ")
    for element in page.find_all(True):
        yield from (str(element[name]) for name in SPOKEN if name in element.attrs)
    for element in page.find_all("meta", attrs={"name": "description"}):
        yield str(element["content"])


class ListeningClient(Client):
    """A browser that keeps every page it was shown."""

    def __init__(self) -> None:
        super().__init__(enforce_csrf_checks=True, raise_request_exception=False)
        self.pages: list[tuple[str, str]] = []

    def request(self, **request: Any) -> Any:
        """Keep the answer, if it is a page."""
        response = super().request(**request)
        if response.headers.get("Content-Type", "").startswith("text/html") and response.content:
            self.pages.append((str(request["PATH_INFO"]), response.content.decode()))
        return response


class PageLanguageTests(TestCase):
    """No page has words of the other language in it, whatever state it is in."""

    def setUp(self) -> None:
        self.browser = ListeningClient()
        self.visitor = Visitor(self.browser)

    def hears_only(self, language: str, names: Iterable[str] = (), *, at_least: int) -> None:
        """Look through everything that was shown; `names` are the customers' own words."""
        own = {word for name in names for word in words(name)}
        assert len(self.browser.pages) >= at_least
        for path, html in self.browser.pages:
            page = BeautifulSoup(html, "html.parser")
            assert page.html is not None
            assert page.html["lang"] == language, path
            said = {word for text in spoken(page, language) for word in words(text)}
            foreign = (said & foreign_words(language)) - own
            assert not foreign, f"{path} says {sorted(foreign)}"
            assert " r. r." not in untie(page.get_text()), path
            typed = [each for name in names for each in (name, bank_spelling.plain(name))]
            loose = loose_lines(page, language, typed)
            assert not loose, f"{path} may break its lines at {loose}"

    def test_vocabularies_tell_the_languages_apart(self) -> None:
        assert {"register", "password", "the"} <= foreign_words("pl")
        assert {"rejestruj", "hasło", "się"} <= foreign_words("en")

    def test_content_pages(self) -> None:
        for language in LANGUAGES:
            with self.subTest(language), override(language):
                self.setUp()
                for name in CONTENT_PAGES:
                    self.visitor.open(reverse(name))
                self.visitor.open(reverse("accounts:activation", args=["zepsuty"]))
                self.visitor.open(reverse("home") + "nie-ma/")
                unknown = "0b2d1f8e-4b50-4b7c-9d1c-0d0d0d0d0d0d"
                self.visitor.open(reverse("accounts:registration-step", args=[unknown, "dane"]))
                self.visitor.send(Post(reverse("accounts:password-reset"), {}))
                assert self.visitor.status == 403
                self.hears_only(language, at_least=len(CONTENT_PAGES) + 4)

    def test_registration(self) -> None:
        for person in (FIRMA, OSOBA, COMPANY, PERSON):
            with self.subTest(person.kind):
                self.setUp()
                # Nobody registers four times within seconds: the network would be asked twice.
                Counter.objects.all().delete()
                self.register_with_mistakes(person)
                typed = [each for group in person.details.values() for each in group.values()]
                self.hears_only(person.words.language, typed, at_least=30)

    def register_with_mistakes(self, person: Applicant) -> None:
        """Go the whole way and be refused wherever that is possible."""
        visitor, say = self.visitor, person.words
        visitor.open(f"{say.prefix}/rejestracja/").press(say.next)
        person.start(visitor).press(say.next)
        visitor.choose(say.other_address)
        for mistake in MISTAKES:
            for group, answers in person.details.items():
                for label in answers:
                    if visitor.field(label, within=group).name == "input":
                        visitor.fill({label: mistake}, within=group)
            visitor.press(say.next)
            assert visitor.errors
        visitor.open(visitor.path)
        visitor.untick(say.other_address)
        person.type_details(visitor).press(say.next).press(say.next)
        assert visitor.heading == say.setting_password, visitor.errors
        visitor.press(say.next)
        for password in ("a", "abcdefgh", "x" * 200, "Zima2026!"):
            person.type_password(visitor, password).press(say.next)
        visitor.copy_captcha(say.captcha, wrongly=True).press(say.next)
        visitor.fill({say.password: person.password}).copy_captcha(say.captcha).press(say.next)
        person.type_password(visitor).press(say.next)
        assert visitor.heading == say.consents, visitor.errors
        consents = visitor.path
        visitor.press(say.back).open(consents).press(say.register).press(say.cancel)
        visitor.follow(say.keep_registering)
        visitor.choose(*person.required_consents).press(say.register)
        assert visitor.heading == say.check_mailbox, visitor.errors
        visitor.open(consents).open(letters.newest_path(person.email, "/aktywacja/"))
        visitor.press(say.send_answer)
        visitor.follow(say.sign_in).fill({say.sign_in_login: ""}).press(say.next)
        visitor.fill({say.sign_in_login: person.email}).press(say.next).press(say.sign_in)
        label = digits_label(person.email, say.language)
        for _ in range(tries.HERE.times + 1):
            visitor.fill({say.sign_in_password: "Nie-to-haslo-1", label: "123"}).press(say.sign_in)
        assert visitor.status == 429

    def test_account(self) -> None:
        for say in (POLISH, ENGLISH):
            with self.subTest(say.language):
                self.setUp()
                user = factories.activated(Kind.COMPANY, language=say.language, news=True)
                self.browser.force_login(user)
                self.visitor.open(f"{say.prefix}/konto/").open(f"{say.prefix}/rejestracja/")
                assert self.visitor.heading == say.signed_in
                self.hears_only(say.language, factories.COMPANY.values(), at_least=2)

    def test_sign_in_and_security(self) -> None:
        for say in (POLISH, ENGLISH):
            with self.subTest(say.language):
                self.setUp()
                user = factories.activated(language=say.language)
                self.browser.force_login(user)
                security = f"{say.prefix}/konto/bezpieczenstwo/"
                self.visitor.open(security)
                for kind in AccountEvent.Kind:
                    events.record(user, kind, visit=Visit("", "linux", "83.12.x.x"))
                for how in AccountSession.How.values:
                    events.record(user, AccountEvent.Kind.SIGNED_IN, how=how)
                for method in ("passkey", "totp"):
                    for kind in (AccountEvent.Kind.METHOD_ADDED, AccountEvent.Kind.METHOD_REMOVED):
                        events.record(user, kind, method=method)
                elsewhere = signed_in(user, agent="curl")
                rows = AccountSession.objects.filter(browser="", system="")
                rows.update(seen_at=timezone.now() - timedelta(minutes=7))
                for page in ("", "?strona=2", "?strona=3"):
                    self.visitor.open(security + page)
                # The older one is this browser's.
                self.visitor.open(f"{security}sesje/{rows.latest('pk').pk}/zakoncz/")
                post = self.visitor.post_of(self.visitor.buttons()[0])
                self.visitor.send(post).send(post)
                self.visitor.open(f"{security}sesje/zakoncz/")
                self.visitor.press(self.visitor.buttons()[0])
                confirm = f"{say.prefix}/konto/potwierdz/"
                for password in ("", *["Nie-to:kr7wQz9"] * 6):
                    self.press_with(self.visitor.open(confirm), password)
                assert self.visitor.status == 429
                elsewhere.get("/")
                self.visitor.open(f"{say.prefix}/konto/")
                self.visitor.press(self.visitor.buttons()[-1])
                self.hears_only(say.language, [user.email], at_least=16)

    def test_sign_ins_that_were_not_the_owners(self) -> None:
        for say in (POLISH, ENGLISH):
            with self.subTest(say.language):
                self.setUp()
                user = factories.activated(language=say.language)
                event = events.record(user, AccountEvent.Kind.SIGNED_IN)
                link = f"{say.prefix}/konto/to-nie-ja/{disowning.make(event)}/"
                self.visitor.open(link).press(self.visitor.buttons()[0])
                credentials.change_password(user, PASSWORD, is_reset=True)
                self.visitor.open(link)
                late = events.record(user, AccountEvent.Kind.SIGNED_IN)
                AccountEvent.objects.filter(pk=late.pk).update(at=user.created_at + WEEK)
                with later(2 * WEEK):
                    self.visitor.open(f"{say.prefix}/konto/to-nie-ja/{disowning.make(late)}/")
                self.visitor.open(f"{say.prefix}/konto/to-nie-ja/zepsuty/")
                self.hears_only(say.language, [user.email], at_least=5)

    def test_changes_of_phone_and_email(self) -> None:
        for say, phone, save, email, send, again, give_up, confirm, undo in (
            (
                POLISH,
                "Nowy numer telefonu",
                "Zapisz nowy numer",
                "Nowy adres e-mail (login)",
                "Wyślij link",
                "Wyślij ponownie",
                "Zrezygnuj ze zmiany",
                "Potwierdzam adres",
                "Cofnij zmianę",
            ),
            (
                ENGLISH,
                "New phone number",
                "Save the new number",
                "New e-mail address (login)",
                "Send the link",
                "Send the link again",
                "Give up the change",
                "I confirm the address",
                "Undo the change",
            ),
        ):
            with self.subTest(say.language):
                self.setUp()
                user = factories.activated(language=say.language)
                addresses = [f"{name}.{say.language}@nowak.example" for name in ("a", "b")]
                data, visitor = f"{say.prefix}/konto/dane/", self.visitor
                put_in(user, self.browser)
                for typed in ("12", "601 234 567", "512 345 678"):
                    visitor.open(f"{data}telefon/").fill({phone: typed}).press(save)
                for typed in ("x", user.email, "jan@gmial.com", addresses[0]):
                    visitor.open(f"{data}email/").fill({email: typed}).press(send)
                post = visitor.press(again).post_of(give_up)
                visitor.send(post).send(post)
                links = f"{say.prefix}/konto/nowy-adres/", f"{say.prefix}/konto/cofnij-adres/"
                change = EmailChange.objects.get(new_email=addresses[0])
                paths = [f"{links[0]}{email_link.make_confirmation(change)}/"]
                paths += [f"{links[1]}{email_link.make_undoing(change)}/"]
                for path in (*paths, *(f"{link}zepsuty/" for link in links)):
                    visitor.open(path)
                visitor.open(f"{data}email/").fill({email: addresses[1]}).press(send)
                change = EmailChange.objects.get(new_email=addresses[1])
                visitor.open(f"{links[0]}{email_link.make_confirmation(change)}/").press(confirm)
                visitor.open(f"{links[1]}{email_link.make_undoing(change)}/").press(undo)
                typed_here = [user.email, *addresses, "jan@gmial.com", "jan@gmail.com"]
                self.hears_only(say.language, typed_here, at_least=18)

    def test_session_that_has_expired(self) -> None:
        for say in (POLISH, ENGLISH):
            with self.subTest(say.language):
                self.setUp()
                self.browser.force_login(factories.activated(language=say.language))
                self.visitor.open(f"{say.prefix}/konto/")
                with later(minutes=15):
                    self.visitor.open(f"{say.prefix}/konto/")
                self.hears_only(say.language, factories.PERSON.values(), at_least=2)

    def test_activation_links(self) -> None:
        for say in (POLISH, ENGLISH):
            with self.subTest(say.language):
                self.setUp()
                self.open_every_kind_of_link(say)
                self.hears_only(say.language, at_least=8)

    def open_every_kind_of_link(self, say: Words) -> None:
        """Open a link that is good, wrong tries included, and one of each that is not."""

        def path(user: User, name: str = "accounts:activation") -> str:
            with override(say.language):
                return reverse(name, args=[tokens.make(user, user.link_serial)])

        user = factories.registered(language=say.language)
        good = path(user)
        self.press_with(self.visitor.open(good), "")
        for _ in range(PASSWORD_TRIES.times + 1):
            self.press_with(self.visitor.open(good), "Nie-to-haslo-1")
        assert self.visitor.status == 429
        with override_settings(ACTIVATION_LINK_HOURS=-1):
            self.visitor.open(good)
        registration.resend_link(user)
        self.visitor.open(good)
        self.visitor.open(path(user, "accounts:activation-refuse"))
        self.visitor.press(self.visitor.buttons()[0])
        self.visitor.open(path(factories.suspended(language=say.language)))
        self.visitor.open(path(factories.activated(language=say.language)))

    def press_with(self, visitor: Visitor, *passwords: str) -> None:
        """Fill the page's passwords in and press its button."""
        fields = visitor.select("input[type=password]")
        for field, password in zip(fields, passwords, strict=True):
            visitor.fill({visitor.element(f"label[for='{field['id']}']").words: password})
        proposes = (POLISH.propose, ENGLISH.propose)
        visitor.press(next(words for words in visitor.buttons() if words not in proposes))

    def test_forgotten_password(self) -> None:
        for say in (POLISH, ENGLISH):
            with self.subTest(say.language):
                self.setUp()
                user = factories.activated(language=say.language)
                self.visitor.open(f"{say.prefix}/haslo/").press(self.visitor.buttons()[0])
                self.visitor.fill({say.sign_in_login: user.email})
                self.visitor.press(self.visitor.buttons()[0])
                link = letters.newest_path(user.email, "/haslo/")
                for passwords in (("", ""), ("a", "b"), ("abc", "abc"), ("Zima2026!",) * 2):
                    self.press_with(self.visitor.open(link), *passwords)
                    assert self.visitor.errors
                self.visitor.open(f"{say.prefix}/haslo/MQ/zepsuty/")
                self.hears_only(say.language, [user.email], at_least=11)

    @override_settings(ROOT_URLCONF="tests.test_second_step")
    def test_authenticator_app(self) -> None:
        for say in (POLISH, ENGLISH):
            with self.subTest(say.language), stopped_clock():
                self.setUp()
                user = factories.activated(language=say.language)
                self.browser.force_login(user)
                overview = f"{say.prefix}/konto/bezpieczenstwo/kody/"
                pages = (overview, f"{overview}wlacz/", f"{overview}zapasowe/")
                self.visitor.open(overview)
                for refused in ("", "?odmowa=brak", "?odmowa=niezgodny", "?odmowa=stary"):
                    self.visitor.open(f"{overview}wlacz/{refused}")
                phone, _ = turned_on(user)
                for left in range(9):
                    keep = RecoveryCode.objects.values_list("pk", flat=True)[: 8 - left]
                    RecoveryCode.objects.exclude(pk__in=list(keep)).delete()
                    for page in pages:
                        self.visitor.open(page)
                self.visitor.press(self.visitor.buttons()[0])
                self.visitor.open(f"{overview}wylacz/")
                session = self.browser.session
                first_step.remember(session, user)
                session.save()
                page = f"{say.prefix}/logowanie/kod/"
                for query in ("", "?zapasowy"):
                    for refused in ("brak", "zapis", "niezgodny"):
                        self.visitor.open(f"{page}?odmowa={refused}{query.replace('?', '&')}")
                with override_settings(TOTP_KEYS=OTHER_KEYS), self.assertLogs("accounts"):
                    self.press_code(page, phone.code())
                for _ in range(services.TRIES.times):
                    services.TRIES.hit(str(user.pk))
                self.press_code(page, phone.code())
                assert self.visitor.status == 429
                with mock.patch.object(first_step, "LIFETIME", timedelta(0)):
                    self.visitor.open(page)
                self.hears_only(say.language, [user.email], at_least=40)

    def press_code(self, page: str, code: str) -> None:
        """Enter a code on the page that asks for it."""
        (label,) = self.visitor.open(page).select("main label")
        self.visitor.fill({" ".join(label.get_text().split()): code})
        self.visitor.press(self.visitor.buttons()[0])

    def test_change_of_the_password(self) -> None:
        for say in (POLISH, ENGLISH):
            with self.subTest(say.language):
                self.setUp()
                user = factories.activated(language=say.language)
                self.browser.force_login(user)
                path = f"{say.prefix}/haslo/zmiana/"
                weak, other = "Zima2026!", "Nie-to:kr7wQz9"
                for passwords in (("", "", ""), ("a", weak, "b"), ("x" * 129, "a", "a")):
                    self.press_with(self.visitor.open(path), *passwords)
                    assert self.visitor.errors
                for _ in range(6):
                    self.press_with(self.visitor.open(path), other, f"{other}x", f"{other}x")
                assert self.visitor.status == 429
                new = "Cztery-czerwone-sanki-9"
                Counter.objects.all().delete()
                self.press_with(self.visitor.open(path), factories.PASSWORD, new, new)
                assert self.visitor.path == f"{path}gotowe/"
                self.hears_only(say.language, [user.email], at_least=10)

    def test_mails(self) -> None:
        for language in LANGUAGES:
            with self.subTest(language):
                mail.outbox.clear()
                user = factories.activated(Kind.COMPANY, language=language)
                factories.registered(language=language, email=user.email)
                credentials.request_password_reset(user.email, language, "127.0.0.1")
                credentials.change_password(user, PASSWORD)
                factories.registered(language=language)
                stranger = factories.activated(language=language)
                for agent in ("curl", "Something (Linux)"):
                    signed_in(stranger, agent=agent)
                written = letters.deliver()
                assert len({message.subject for message in written}) == 6
                own = {word for answer in factories.COMPANY.values() for word in words(answer)}
                for message in written:
                    page = BeautifulSoup(str(message.alternatives[0][0]), "html.parser")  # type: ignore[attr-defined]
                    texts = [str(message.subject), str(message.body), *spoken(page, language)]
                    said = {word for text in texts for word in words(text)}
                    foreign = (said & foreign_words(language)) - own
                    assert not foreign, f"{message.subject} says {sorted(foreign)}"
