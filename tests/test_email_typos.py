"""A mistyped e-mail address: what is proposed instead, what is left alone, and how it is taken."""

from django.test import Client, SimpleTestCase, TestCase
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.values import email
from accounts.values.email_typos import suggestion
from kantor.serving.typography import untie
from tests.people import FIRMA, OSOBA, PERSON, POLISH
from tests.test_bad_input import BAD
from tests.thorough import fewer
from tests.walk import Post, Visitor

SLIPS = {
    "gmail.com": (
        *("gmial.com", "gamil.com", "gmal.com", "gmai.com", "gmil.com", "gmaill.com", "ggmail.com"),
        *("gnail.com", "gmaul.com", "gmqil.com", "gmail.con", "gmail.co", "gmail.cm", "gmail.om"),
        *("gmail.vom", "gmail.cpm", "gmail.comm", "gmail.ocm", "gmial.con", "gmail.pl", "gmial.pl"),
        *("gmailcom", "gmail", "gmail,com", "gmail.com.", "GMIAL.COM", "gmail.com.pl"),
    ),
    "o2.pl": ("o2.p", "o2.lp", "o2pl", "o2;pl", "o2.ppl", "02.pl", "O2..pl", "02pl"),
    "wp.pl": ("wp.lp", "wp.p", "wp.l", "wp.pll", "wp.ol", "wp.pk", "wppl", "wp", "wp,pl", "WP.LP"),
    "onet.pl": (
        *("onte.pl", "noet.pl", "onett.pl", "onnet.pl", "omet.pl"),
        *("onet.p", "onet.com", "0net.pl"),
    ),
    "poczta.onet.pl": ("poczta.onte.pl", "poczta.onet.p", "pozcta.onet.pl"),
    "interia.pl": ("interia.p", "interai.pl", "inetria.pl", "intera.pl", "interia.lp"),
    "hotmail.com": ("hotmial.com", "hotmal.com", "hotmail.con", "hotmali.com", "hotmaill.com"),
    "outlook.com": ("outlok.com", "outloook.com", "outlook.con", "oulook.com", "outlook.pl"),
    "yahoo.com": ("yaho.com", "yahooo.com", "yahoo.con", "yhaoo.com"),
    "icloud.com": ("icoud.com", "icould.com", "iclod.com", "icloud.con"),
    "gazeta.pl": ("gaztea.pl", "gazeta.p"),
    "tlen.pl": ("tlen.p", "tlne.pl"),
    "proton.me": ("proton.e", "protn.me"),
    "op.pl": ("op.p",),
    "vp.pl": ("vp.lp",),
    "poczta.fm": ("poczta.fn", "pocza.fm"),
}
# Domains of others, many of them one letter from one of the great.
HONEST = (
    *("gmail.com", "googlemail.com", "wp.pl", "o2.pl", "onet.pl", "onet.eu", "op.pl", "vp.pl"),
    *("poczta.onet.pl", "poczta.onet.eu", "vip.onet.pl", "interia.pl", "interia.eu", "interia.com"),
    *("mail.com", "email.com", "ymail.com", "rocketmail.com", "qmail.com", "gmx.com", "gmx.de"),
    *("cloud.com", "one.pl", "net.pl", "inet.pl", "up.pl", "np.pl", "tp.pl", "wm.pl", "t2.pl"),
    *("wp.com", "wp.eu", "yahoo.ca", "yahoo.fr", "yahoo.co.uk", "hotmail.fr", "hotmail.co.uk"),
    *("outlook.fr", "live.nl", "life.com", "love.com", "interim.pl", "interna.pl", "inter.pl"),
    *("interior.pl", "gazela.pl", "gazetka.pl", "gazety.pl", "poczta.pl", "tren.pl", "len.pl"),
    *("proton.com", "proton.ch", "protonmail.ch", "pm.me", "me.com", "hotel.com", "google.pl"),
    *("intel.com", "line.com", "kantor.pl", "firma.pl", "example.com", "pwr.edu.pl", "seznam.cz"),
    *(
        "żółw.pl",
        "xn--przykad-rjb.pl",
        "web.de",
        "mail.ru",
        "ukr.net",
        "aol.com",
        "wp.pl.example.com",
    ),
)


class SuggestionTests(SimpleTestCase):
    """What the typed address makes one think of."""

    def test_a_slip_of_the_fingers_is_seen_through(self) -> None:
        assert sum(map(len, SLIPS.values())) >= 80
        for meant, slips in SLIPS.items():
            for slip in slips:
                with self.subTest(slip):
                    assert suggestion(f"Jan.K+x@{slip}") == f"Jan.K+x@{meant}"

    def test_another_honest_domain_is_left_alone(self) -> None:
        assert len(HONEST) >= 70
        for domain in HONEST:
            with self.subTest(domain):
                assert suggestion(f"jan@{domain}") == ""

    def test_dots_of_any_domain_are_mended(self) -> None:
        for domain in (
            *("firma..pl", "firma...pl", ".firma.pl", "firma.pl..", "firmapl", "firma.lp"),
            *("firma.pll", "Firma.PPL"),
        ):
            with self.subTest(domain):
                assert suggestion(f"jan.k@{domain}").lower() == "jan.k@firma.pl"
        for typed, meant in (
            ("jan@firma.com..pl", "jan@firma.com.pl"),
            ("jan@firma.compl", "jan@firma.com.pl"),
            ("jan@firmacompl", "jan@firma.com.pl"),
            ("jan@firma.con", "jan@firma.com"),
            ("jan@firmacom", "jan@firma.com"),
            ("jan..k@firma.pl", "jan.k@firma.pl"),
            (".jan.k.@firma.pl", "jan.k@firma.pl"),
            ("jan@gmialcom", "jan@gmail.com"),
        ):
            with self.subTest(typed):
                assert suggestion(typed) == meant

    def test_what_was_copied_along_is_left_out(self) -> None:
        for typed in (
            *("jan @firma.pl", "jan@ firma.pl", "jan@firma,pl", "jan@firma.pl.", "jan@firma.pl,"),
            *("mailto:jan@firma.pl", "<jan@firma.pl>", "Jan Żak <jan@firma.pl>", "jan@@firma.pl"),
            *("MAILTO:jan@firma.pl", "jan@firma.pl;", "jan@fir\u00a0ma.pl"),
        ):
            with self.subTest(typed):
                assert suggestion(typed) == "jan@firma.pl"

    def test_nothing_is_made_of_what_is_no_address(self) -> None:
        for typed in (
            *("", "@", "jan", "jan@", "@wp.pl", "żó@gmial.com", "a@b@gmial.com", "\0@gmial.com"),
            *("jan kowalski@wp.lp", "Jan Żak jan@wp.lp", "jan@wp.lp anna@wp.lp"),
            *("jan@gmаil.com", "jan@firma", "jan@pl", "jan@compl"),
            *("\ud800@gmial.com", "x" * 5000, " Jan@WP.PL\u00a0"),
        ):
            with self.subTest(ascii(typed[:20])):
                assert suggestion(typed) == ""

    @settings(max_examples=fewer(300), deadline=None, database=None)
    @given(
        st.text(st.characters(exclude_categories=()), max_size=300)
        | st.builds("{}@{}".format, st.text("jan., <>@"), st.text("gmailcowpnet2.,;", max_size=12))
    )
    def test_a_suggestion_is_an_address_and_none_is_made_of_it(self, typed: str) -> None:
        found = suggestion(typed)
        if found:
            assert email.parse(found) == found
            assert suggestion(found) == ""
            assert email.normalise(found) != email.normalise(typed)


class TakingTests(TestCase):
    """One button takes the suggestion, and nobody has to."""

    def test_the_review_asks_beside_the_address(self) -> None:
        for applicant, words in (
            (OSOBA.addressed("jan@gmial.com"), ("Czy chodzi o jan@gmail.com?", "Użyj {}")),
            (PERSON.addressed("jan@gmial.com"), ("Did you mean jan@gmail.com?", "Use {}")),
        ):
            visitor = applicant.reach_review(Visitor())
            assert words[0] in untie(visitor.element("dd:has(form)").get_text())
            visitor.press(words[1].format("jan@gmail.com"))
            assert visitor.heading == applicant.words.review
            assert visitor.shows("jan@gmail.com")
            assert not visitor.shows("jan@gmial.com")
            assert visitor.path.endswith("/weryfikacja/")

    def test_who_knows_better_goes_on(self) -> None:
        applicant = FIRMA.addressed("jan@gmial.com")
        applicant.register(Visitor())
        assert User.objects.get().email == "jan@gmial.com"

    def test_what_was_taken_is_registered(self) -> None:
        visitor = OSOBA.addressed("Jan@wp.lp").reach_review(Visitor())
        visitor.press("Użyj Jan@wp.pl").press("Dalej")
        OSOBA.type_password(visitor).copy_captcha(POLISH.captcha).press("Dalej")
        visitor.choose(*OSOBA.required_consents).press("Rejestruj")
        assert User.objects.get().email == "Jan@wp.pl"

    def test_the_form_asks_too_and_keeps_what_else_was_typed(self) -> None:
        visitor = OSOBA.addressed("jan@onet.p").type_details(OSOBA.start(Visitor()))
        OSOBA.addressed("jan@onet.p").type_details(visitor)
        visitor.fill({"Imię": "J4n"}).press("Dalej")
        assert len(visitor.errors) == 2
        assert visitor.value("Adres e-mail (login)") == "jan@onet.p"
        asked = untie(visitor.element("#email-hint").get_text())
        assert asked == "Czy chodzi o jan@onet.pl?"
        visitor.fill({"Nazwisko": "Zmieniona"}).press("Użyj jan@onet.pl")
        assert visitor.heading == OSOBA.details_heading
        assert visitor.value("Adres e-mail (login)") == "jan@onet.pl"
        assert visitor.value("Nazwisko") == "Zmieniona"
        assert visitor.value("Imię") == "J4n"
        assert len(visitor.errors) == 1, "What else is wrong is still said"
        assert not visitor.element("#email-hint").get_text()
        visitor.fill({"Imię": "Jan"}).press("Dalej")
        assert visitor.heading == POLISH.review

    def test_the_form_opened_by_popraw_asks_as_well(self) -> None:
        visitor = OSOBA.addressed("jan@gmial.com").reach_review(Visitor())
        visitor.follow("Popraw : Kontakt i login")
        assert visitor.button("Użyj jan@gmail.com")
        visitor.press("Dalej")
        assert visitor.heading == POLISH.review

    def test_a_page_without_a_slip_has_no_question(self) -> None:
        visitor = OSOBA.start(Visitor())
        assert not visitor.element("#email-hint").get_text()
        assert visitor.element("[name=wizard_suggestion]").has_attr("hidden")
        OSOBA.type_details(visitor).press("Dalej")
        assert not visitor.select("[name=wizard_suggestion]")

    def test_one_visitors_address_is_not_on_the_page_of_another(self) -> None:
        OSOBA.addressed("pierwszy@gmial.com").reach_review(Visitor())
        visitor = OSOBA.addressed("druga@wp.lp").reach_review(Visitor())
        assert visitor.button("Użyj druga@wp.pl")
        assert "pierwszy" not in str(visitor.root)

    def test_a_visitor_is_asked_whether_or_not_the_one_before_was(self) -> None:
        for address in ("jan@gmail.com", "jan@gmial.com", "anna@gmail.com", "anna@wp.lp"):
            visitor = OSOBA.addressed(address).reach_review(Visitor())
            visitor.follow("Popraw : Kontakt i login")
            is_asked = bool(visitor.element("#email-hint").get_text())
            assert is_asked == (address in ("jan@gmial.com", "anna@wp.lp")), address

    def test_signs_that_html_knows_are_shown_as_signs(self) -> None:
        visitor = OSOBA.addressed("o'neil&'x@gmial.com").reach_review(Visitor())
        visitor.press("Użyj o'neil&'x@gmail.com")
        assert visitor.shows("o'neil&'x@gmail.com")
        visitor = OSOBA.addressed("<b>o'neil&amp;@gmial.com").type_details(OSOBA.start(Visitor()))
        OSOBA.addressed("<b>'&amp;@gmial.com").type_details(visitor).press("Dalej")
        assert not visitor.select("#email-hint b")

    def test_only_our_own_suggestion_is_taken(self) -> None:
        visitor = OSOBA.addressed("jan@gmial.com").reach_review(Visitor())
        post = visitor.post_of("Użyj jan@gmail.com")
        visitor.send(Post(post.address, post.data | {"wizard_suggestion": "zly@example.com"}))
        assert visitor.shows("jan@gmail.com")
        visitor.send(post)
        assert visitor.heading == POLISH.review, "Pressed twice, it changes nothing"
        assert visitor.shows("jan@gmail.com")

    def test_the_button_takes_any_address_at_all(self) -> None:
        visitor = OSOBA.type_details(OSOBA.start(Visitor()))
        post = visitor.post_of("Dalej")
        for what, value in BAD.items():
            with self.subTest(what):
                typed = {"dane-email": value, "wizard_suggestion": "1"}
                visitor.send(Post(post.address, post.data | typed))
                assert visitor.status == 200
                assert visitor.value("Imię") == OSOBA.details["Dane osobowe"]["Imię"]

    def test_a_password_judged_with_the_other_address_is_asked_for_again(self) -> None:
        applicant = OSOBA.addressed("jan@gmial.com")
        visitor = applicant.reach_consents(Visitor())
        visitor.open(visitor.path.replace("/zgody/", "/weryfikacja/"))
        visitor.press("Użyj jan@gmail.com").press("Dalej")
        assert visitor.heading == POLISH.setting_password
        assert not visitor.select("img[src*='/captcha/']"), "The captcha stays solved"


class HintTests(TestCase):
    """What the script at the field asks."""

    def ask(self, visitor: Visitor, typed: str, **headers: str) -> tuple[int, dict[str, str]]:
        url = str(visitor.element("[data-email-hint]")["data-email-hint"])
        token = str(visitor.select("[name=csrfmiddlewaretoken]")[0]["value"])
        headers = {"X-CSRFToken": token} | headers
        response = visitor.client.post(url, {"email": typed}, headers=headers)
        assert (
            "no-store" in response.headers.get("Cache-Control", "") or response.status_code == 403
        )
        return response.status_code, response.json() if response.status_code == 200 else {}

    def test_answers_with_the_words_of_the_page(self) -> None:
        visitor = OSOBA.start(Visitor())
        assert self.ask(visitor, "jan@gmial.com") == (
            200,
            {
                "address": "jan@gmail.com",
                "question": "Czy chodzi o\N{NO-BREAK SPACE}jan@gmail.com?",
                "action": "Użyj jan@gmail.com",
            },
        )
        visitor = PERSON.start(Visitor())
        _status, answer = self.ask(visitor, "jan@gmial.com")
        assert answer["question"] == "Did you mean jan@gmail.com?"

    def test_has_nothing_to_say_of_anything_else(self) -> None:
        visitor = OSOBA.start(Visitor())
        for typed in ("", "jan@gmail.com", "\0", "x" * 5000, "<b>@gmial.com", "👩🏽‍🚀"):
            assert self.ask(visitor, typed) == (200, {})

    def test_is_for_an_open_attempt_and_a_post_with_a_token(self) -> None:
        visitor = OSOBA.start(Visitor())
        assert self.ask(visitor, "jan@gmial.com", **{"X-CSRFToken": "x"})[0] == 403
        url = reverse("accounts:email-hint", args=["0b2d1f8e-4b50-4b7c-9d1c-0d0d0d0d0d0d"])
        assert Client().post(url, {"email": "jan@gmial.com"}).status_code == 404
        assert Client().get(url).status_code == 405
