"""What the waiting page says: when to send again, where the mailbox is, what was put right."""

import re
from datetime import timedelta

from django.test import SimpleTestCase, TestCase

from accounts.models import User
from accounts.services import activation, allowance
from accounts.services.allowance import Purpose
from accounts.values import email as email_address
from accounts.values import email_typos
from accounts.values.webmail import webmail_of
from tests.browser import BrowserTestCase
from tests.factories import registered
from tests.letters import deliver, registering_browser
from tests.people import OSOBA, PERSON, POLISH
from tests.tries import travel
from tests.walk import Visitor

PAGE = "/rejestracja/wyslano/"
AGAIN = "Send the message again"
CORRECT = {"pl": "Popraw adres e-mail", "en": "Correct the e-mail address"}
FIELD = {"pl": "Poprawny adres e-mail (login)", "en": "Correct e-mail address (login)"}
SEND = {"pl": "Popraw i wyślij link", "en": "Correct and send the link"}


class WebmailTests(TestCase):
    """The way to the mailbox."""

    def links(self, *emails: str, language: str = "pl") -> list[str]:
        """Return the words of the links to mailboxes, having looked at how they open."""
        client = registering_browser(*(registered(email=email) for email in emails))
        prefix = "" if language == "pl" else f"/{language}"
        page = Visitor(client).open(f"{prefix}{PAGE}")
        found = page.select("main a[href^=http]")
        for link in found:
            assert link["target"] == "_blank"
            assert set(link["rel"].split()) == {"noopener", "noreferrer"}
            assert str(link["href"]).startswith("https://")
        return [" ".join(link.get_text().split()) for link in found]

    def test_leads_where_the_address_is_at_home(self) -> None:
        for email, words in (
            ("jan@gmail.com", "Otwórz Gmail (w nowej karcie)"),
            ("jan@GoogleMail.com", "Otwórz Gmail (w nowej karcie)"),
            ("jan@wp.pl", "Otwórz WP (w nowej karcie)"),
            ("jan@op.pl", "Otwórz Onet (w nowej karcie)"),
            ("jan@poczta.onet.pl", "Otwórz Onet (w nowej karcie)"),
            ("jan@interia.pl", "Otwórz Interia (w nowej karcie)"),
            ("jan@hotmail.com", "Otwórz Outlook (w nowej karcie)"),
        ):
            assert self.links(email) == [words], email

    def test_says_so_in_english_too(self) -> None:
        assert self.links("jan@wp.pl", language="en") == ["Open WP (in a new tab)"]

    def test_is_not_guessed(self) -> None:
        for domain in ("example.com", "gmail.com.pl", "mail.gmail.com", "wp.example", "żółw.pl"):
            assert self.links(f"jan@{domain}") == [], domain

    def test_is_told_of_each_registration(self) -> None:
        emails = ("a@gmail.com", "b@example.com", "c@interia.eu")
        words = ["Otwórz Interia (w nowej karcie)", "Otwórz Gmail (w nowej karcie)"]
        assert self.links(*emails) == words
        assert self.links("d@example.com") == []

    def test_is_not_told_of_an_active_account(self) -> None:
        user = registered(email="jan@gmail.com")
        activation.activate(user)
        assert "google" not in Visitor(registering_browser(user)).open(PAGE).response.text


class WebmailTableTests(SimpleTestCase):
    """The table of mailboxes."""

    def test_names_domains_that_our_form_takes_for_right(self) -> None:
        for domain in ("gmail.com", "wp.pl", "onet.pl", "interia.pl", "outlook.com", "vp.pl"):
            webmail = webmail_of(f"jan@{domain}")
            assert webmail is not None
            assert email_address.parse(f"jan@{domain}")
            assert email_typos.suggestion(f"jan@{domain}") == ""


class CorrectionTests(TestCase):
    """What the page says of a corrected address."""

    def correct(self, language: str, email: str) -> Visitor:
        user = registered(language=language)
        visitor = Visitor(registering_browser(user))
        visitor.open(PAGE if language == "pl" else f"/en{PAGE}").follow(CORRECT[language])
        return visitor.fill({FIELD[language]: email}).press(SEND[language])

    def test_is_that_the_link_went_there(self) -> None:
        visitor = self.correct("pl", "dobry@wp.pl")
        assert visitor.heading == POLISH.check_mailbox
        words = "Adres został poprawiony. Nowy link wysłaliśmy na adres dobry@wp.pl , a poprzedni"
        assert visitor.shows(words)
        assert visitor.element("main [role=status]:not([data-waiting])")
        assert deliver()[-1].to == ["dobry@wp.pl"]
        assert visitor.follow("EN English").shows("The address has been corrected. We have sent")

    def test_is_true_when_the_new_address_has_had_too_many_mails(self) -> None:
        for purpose in (Purpose.PHONE, Purpose.CODE):
            allowance.ask(purpose, "pelny@example.com")
        visitor = self.correct("en", "pelny@example.com")
        assert visitor.shows("The address has been corrected to pelny@example.com")
        assert visitor.shows("so you can send the new link only a little later")
        assert visitor.shows("You can send the next message in 60 minutes.")
        assert not visitor.shows("We have sent")
        assert not any(each.to == ["pelny@example.com"] for each in deliver())
        travel(timedelta(hours=1))
        visitor.reload().press(AGAIN)
        assert deliver()[-1].to == ["pelny@example.com"]

    def test_is_of_the_corrected_one_alone(self) -> None:
        other, user = registered(language="en"), registered(language="en")
        visitor = Visitor(registering_browser(other, user)).open(f"/en{PAGE}")
        visitor.follow(CORRECT["en"]).fill({FIELD["en"]: "nowy@example.com"}).press(SEND["en"])
        assert visitor.text.count("The address has been corrected") == 1
        assert visitor.shows(f"We have sent an activation link to {other.email}")

    def test_is_gone_with_the_next_visit(self) -> None:
        visitor = self.correct("en", "nowy@example.com")
        assert not visitor.open(f"/en{PAGE}").shows("is corrected")

    def test_is_nothing_of_an_active_account_and_of_an_invented_word(self) -> None:
        user = registered(language="en")
        client = registering_browser(user)
        for word in ("x", "", "sent", "\x00", "<b>"):
            page = client.get(f"/en{PAGE}", query_params={"poprawiono": word})
            assert b"is corrected" not in page.content
        activation.activate(user)
        page = client.get(f"/en{PAGE}", query_params={"poprawiono": "wyslano"})
        assert b"is corrected" not in page.content


class ActiveAccountTests(TestCase):
    """The page when there is nothing left to wait for."""

    def test_speaks_of_no_future_link(self) -> None:
        for language, words in (
            ("pl", r"link|wiadomoś|wyśl|poczt|skrzyn"),
            ("en", r"link|messag|mail"),
        ):
            user = registered(language=language, email=f"{language}@konto.example")
            activation.activate(user)
            prefix = "" if language == "pl" else "/en"
            page = Visitor(registering_browser(user)).open(f"{prefix}{PAGE}?poprawiono=wyslano")
            text = page.text.replace(user.email, "")
            assert not re.search(words, text, re.IGNORECASE), text

    def test_still_lets_a_shared_computer_forget(self) -> None:
        user = registered(language="pl")
        activation.activate(user)
        page = Visitor(registering_browser(user)).open(PAGE)
        assert page.shows("To wspólny komputer? Usuń z niego dane tej rejestracji.")
        page.press("Usuń z tej przeglądarki")
        assert user.email not in page.text


class WordsTests(TestCase):
    """The words of the page, as an editor wrote them."""

    def test_are_these(self) -> None:
        visitor = OSOBA.register(Visitor())
        for words in (
            "Kolejną wiadomość możesz wysłać za 3 minuty.",
            "Na jeden adres wysyłamy najwyżej 3 wiadomości na godzinę. Jeśli limit się wyczerpał, "
            "spróbuj ponownie później.",
            "To wspólny komputer? Usuń z niego dane tej rejestracji. Link nadal zadziała, ale "
            "strona poprosi o hasło.",
        ):
            assert visitor.shows(words), words

    def test_leave_the_button_to_who_has_no_script(self) -> None:
        visitor = PERSON.register(Visitor())
        assert not visitor.button(AGAIN).has_attr("disabled")
        visitor.press(AGAIN)
        assert visitor.status == 429
        assert visitor.shows("You can send the next message in 3 minutes.")


class CountingTests(BrowserTestCase):
    """The button with a script."""

    def test_is_held_back_for_as_long_as_the_server_would_refuse(self) -> None:
        for language, words in (
            ("pl", r"^Kolejną wiadomość możesz wysłać za (\d\u00a0min )?\d+\u00a0s\.$"),
            ("en", r"^You can send the next message in (\d\u00a0min )?\d+\u00a0s\.$"),
        ):
            email = f"liczy.{language}@example.com"
            visitor = self.visitor(language).register("Individual", email=email)
            visitor.page.clock.install()
            visitor.reload()
            button, hint = visitor.button(AGAIN), visitor.page.locator("[data-wait]")
            assert button.is_disabled()
            first = hint.text_content() or ""
            visitor.page.clock.fast_forward(60_000)
            second = hint.text_content() or ""
            assert first != second
            for shown in (first, second):
                assert re.match(words, shown), shown
            visitor.fits()
            visitor.page.clock.fast_forward(125_000)
            assert button.is_enabled()
            assert hint.count() == 0
            travel(timedelta(minutes=3))
            assert visitor.press(AGAIN).path.endswith("/rejestracja/wyslano/ponownie/")

    def test_is_free_when_nothing_is_to_be_waited_for(self) -> None:
        visitor = self.visitor("en").register("Individual", email="wolny@example.com")
        travel(timedelta(minutes=3))
        visitor.reload()
        assert visitor.button(AGAIN).is_enabled()
        visitor.press(AGAIN).is_at("A new link is on its way")
        assert User.objects.get().link_serial == 2

    def test_tells_hours_in_hours(self) -> None:
        visitor = self.visitor("en").register("Individual", email="dlugo@example.com")
        for _ in range(allowance.ASKED_A_DAY.times):
            allowance.ASKED_A_DAY.hit("dlugo@example.com")
        hint = visitor.reload().page.locator("[data-wait]")
        assert re.search(r"in 2[34]\u00a0h \d+\u00a0min \d+\u00a0s\.$", hint.text_content() or "")
        visitor.fits()
