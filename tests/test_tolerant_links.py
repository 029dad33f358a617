"""Links as mail programs leave them: with signs too many, broken in two, without a slash."""

from collections.abc import Sequence
from urllib.parse import quote, unquote_to_bytes, urlsplit

from django.test import Client, SimpleTestCase, TestCase
from hypothesis import given
from hypothesis import strategies as st

from accounts import disowning, email_link, news_link
from accounts.desk import invites
from accounts.models import AccountEvent, EmailChange
from accounts.services import activation, events
from accounts.views.links import mended
from tests.browser import BrowserTestCase
from tests.doors import walk_in
from tests.factories import PASSWORD, activated, clerk, registered
from tests.letters import activation_path, deliver, paths, registering_browser, token_of
from tests.links import LABEL, actions, facts, heading, is_active
from tests.walk import Visitor

# What stands after a link in running text, and what is copied with it.
ENDINGS = (
    *(")", ">", ".", ",", ";", ":", "!", "?!", "*", "_", "'", '"', "”", "»", "]", "}", "|", "\\"),
    *(
        " ",
        "\u00a0",
        "\t",
        "\r\n",
        "\u200b",
        "\u00ad",
        "=",
        "=\r\n",
        ").",
        '">',
        "&gt;",
        "%20",
        "%3E",
    ),
)


_PLACES = (
    "/aktywacja/",
    "/haslo/",
    "/numer/",
    "/to-nie-ja/",
    "/nowy-adres/",
    "/cofnij-adres/",
    "/zgody/",
    "/invitation/",
)


def damaged(path: str) -> list[str]:
    """Return this path as mail programs hand it to a browser, escaped."""
    bare = path.rstrip("/")
    place = next(each for each in _PLACES if each in path)
    middle = path.index(place) + 31
    broken = [f"{path[:middle]}{gap}{path[middle:]}" for gap in (" ", "\r\n", "=\r\n", "\u200b")]
    slashes = [path.replace(place, part) for part in (place[:-1], f"{place}/")]
    slashes += [bare, f"{path}/", f"{path}//", f"/{path}", f"//{path}"]
    if "/en/" in path:
        slashes.append(path.replace("/en/", "/en//"))
    spelled = [f"{each}{ending}" for ending in ENDINGS for each in (bare, path)] + broken + slashes
    return [quote(each, safe="/") for each in spelled if each != path]


class TolerantTestCase(TestCase):
    """Links of all purposes, in both languages."""

    def assert_leads(
        self, path: str, client: Client | None = None, spellings: Sequence[str] = ()
    ) -> None:
        """Make sure that every damaged spelling of the link leads to it, and to nothing else."""
        for spelling in spellings or damaged(path):
            for method in ("GET", "HEAD"):
                # Not get(): a client takes what follows two slashes for a host.
                response = (client or Client()).generic(
                    method, "/", PATH_INFO=unquoted(spelling), QUERY_STRING=""
                )
                assert response.status_code == 302, spelling
                assert response["Location"] == path, spelling
                assert response["Referrer-Policy"] == "strict-origin", spelling
                assert "no-store" in response["Cache-Control"], spelling


def unquoted(spelling: str) -> str:
    """Return the path as WSGI hands it over (PEP 3333): its bytes, as Latin-1."""
    return unquote_to_bytes(spelling).decode("latin-1")


class ActivationLinkTests(TolerantTestCase):
    """The link that activates, and "It was not me"."""

    def setUp(self) -> None:
        self.user = registered(language="en")
        self.path = activation_path(self.user)

    def test_is_found_in_whatever_a_mail_program_makes_of_it(self) -> None:
        before = facts()
        for path in (self.path, self.path.removeprefix("/en")):
            self.assert_leads(path, registering_browser(self.user))
            self.assert_leads(f"{path}to-nie-ja/")
        assert facts() == before

    def test_is_found_with_the_slash_before_it_was_not_me_lost(self) -> None:
        lost = f"{self.path.rstrip('/')}to-nie-ja/"
        assert self.client.get(lost)["Location"] == f"{self.path}to-nie-ja/"

    def test_activates_by_the_redirect_only(self) -> None:
        client = registering_browser(self.user)
        assert client.get(f"{self.path.rstrip('/')})").status_code == 302
        assert not is_active(self.user)
        Visitor(client).open(f"{self.path.rstrip('/')})")
        assert is_active(self.user)

    def test_activates_nothing_by_a_post_to_a_damaged_address(self) -> None:
        for path in (f"{self.path.rstrip('/')})/", f"{self.path})", f"{self.path}/"):
            assert self.client.post(path, {"password": PASSWORD}).status_code == 404
        assert not is_active(self.user)

    def test_says_that_it_is_broken_when_a_part_of_it_is_lost(self) -> None:
        for path in (self.path[:-9], f"{self.path[:-9]})", f"{self.path[:40]}//{self.path[50:]}"):
            response = self.client.get(path)
            assert response.status_code == 404
            assert heading(response) == "The link does not work"
            assert actions(response) == ["Ask for a new link", "Sign up"]

    def test_is_put_right_whatever_it_is_worth(self) -> None:
        activation.refuse(self.user)
        visitor = Visitor().open(f"{self.path.rstrip('/')}).")
        assert visitor.path == self.path
        assert visitor.heading == "The link does not work"

    def test_leads_nobody_away_from_the_site(self) -> None:
        token = token_of(self.path)
        for path in (f"//evil.example/aktywacja/{token}/", f"/\\evil.example/aktywacja/{token}/"):
            response = self.client.generic("GET", "/", PATH_INFO=path)
            assert response.status_code == 404 or response["Location"] == self.path[3:]


class WayOnTests(TestCase):
    """The page of a broken link."""

    def test_leads_to_sending_another_one_in_the_browser_that_registered(self) -> None:
        user = registered(language="en")
        visitor = Visitor(registering_browser(user)).open("/en/aktywacja/cut-off/")
        visitor.follow("Ask for a new link").press("Send the message again")
        assert visitor.heading == "A new link is on its way"

    def test_leads_to_sending_another_one_elsewhere(self) -> None:
        user = registered(language="pl")
        visitor = Visitor().open("/aktywacja/urwany/").follow("Poproś o nowy link")
        visitor.follow("Zaloguj się")
        walk_in(visitor, user.email, PASSWORD, language="pl").press("Wyślij nowy link")
        assert visitor.heading == "Nowy link jest w drodze"
        Visitor().open(activation_path(user)).fill(
            {"Hasło ustanowione podczas rejestracji": PASSWORD}
        ).press("Aktywuj konto")
        assert is_active(user)


class NewPasswordLinkTests(TolerantTestCase):
    """The link to a new password."""

    def setUp(self) -> None:
        self.user = activated(language="en")
        self.client.post("/en/haslo/", {"email": self.user.email})
        (self.path,) = (path for path in paths(deliver()[-1]) if "/haslo/" in path)

    def test_is_found_in_whatever_a_mail_program_makes_of_it(self) -> None:
        for path in (self.path, self.path.removeprefix("/en")):
            self.assert_leads(path)

    def test_is_found_with_the_slash_in_the_middle_lost_or_doubled(self) -> None:
        before, token = self.path.rstrip("/").rsplit("/", 1)
        for path in (f"{before}{token}/", f"{before}//{token}/"):
            assert self.client.get(path)["Location"] == self.path

    def test_opens_the_form(self) -> None:
        visitor = Visitor().open(f"{self.path.rstrip('/')}%3E")
        assert visitor.heading == "Set a new password"
        assert visitor.path.endswith("/set-password/")

    def test_says_that_it_does_not_work_when_a_part_of_it_is_lost(self) -> None:
        response = self.client.get(f"{self.path[:-4]}//)")
        assert response.status_code == 404
        assert heading(response) == "The link does not work"
        assert actions(response) == ["Send a new link"]


class PhoneLinkTests(TolerantTestCase):
    """The link to the phone number."""

    def setUp(self) -> None:
        self.user = activated(language="en")
        self.client.post("/en/logowanie/numer/", {"email": self.user.email})
        (self.path,) = (path for path in paths(deliver()[-1]) if "/numer/" in path)

    def test_is_found_in_whatever_a_mail_program_makes_of_it(self) -> None:
        for path in (self.path, self.path.removeprefix("/en")):
            self.assert_leads(path)
            self.assert_leads(f"{path}kod/")

    def test_opens_the_form(self) -> None:
        visitor = Visitor().open(f"{self.path.rstrip('/')}%3E")
        assert (visitor.heading, visitor.path) == ("Confirm that it is you", self.path)

    def test_says_that_it_does_not_work_when_a_part_of_it_is_lost(self) -> None:
        for path in (self.path[:-9], f"{self.path[:-9]}//)"):
            response = self.client.get(path)
            assert response.status_code == 404
            assert heading(response) == "The link does not work"
            assert actions(response) == ["Send a new link", "Sign in"]


class DisowningLinkTests(TolerantTestCase):
    """The link of "It was not me", after a sign-in."""

    def setUp(self) -> None:
        user = activated()
        event = events.record(user, AccountEvent.Kind.SIGNED_IN, how="password")
        self.path = f"/konto/to-nie-ja/{disowning.make(event)}/"

    def test_is_found_in_whatever_a_mail_program_makes_of_it(self) -> None:
        for path in (self.path, f"/en{self.path}"):
            self.assert_leads(path)

    def test_says_that_it_does_not_work_when_a_part_of_it_is_lost(self) -> None:
        for path in (f"{self.path[:-9]}/", f"{self.path[:-3]}//)"):
            response = self.client.get(path)
            assert response.status_code == 404
            assert heading(response) == "Ten link nie działa"


class NewsLinkTests(TolerantTestCase):
    """The link that takes back the consent to news."""

    def setUp(self) -> None:
        self.path = f"/zgody/{news_link.make(activated())}/"

    def test_is_found_in_whatever_a_mail_program_makes_of_it(self) -> None:
        for path in (self.path, f"/en{self.path}"):
            self.assert_leads(path)

    def test_says_that_it_does_not_work_when_a_part_of_it_is_lost(self) -> None:
        for path in (f"{self.path[:-9]}/", f"{self.path[:-3]}//)"):
            response = self.client.get(path)
            assert response.status_code == 404
            assert heading(response) == "Ten link nie działa"


class EmailLinkTests(TolerantTestCase):
    """The links of a change of the e-mail address: one confirms it, the other undoes it."""

    def setUp(self) -> None:
        change = EmailChange(pk=17)
        self.paths = (
            f"/konto/nowy-adres/{email_link.make_confirmation(change)}/",
            f"/konto/cofnij-adres/{email_link.make_undoing(change)}/",
        )

    def test_are_found_in_whatever_a_mail_program_makes_of_them(self) -> None:
        for path in self.paths:
            for spelling in (path, f"/en{path}"):
                self.assert_leads(spelling)

    def test_say_that_they_do_not_work_when_a_part_of_them_is_lost(self) -> None:
        for whole in self.paths:
            for path in (f"{whole[:-9]}/", f"{whole[:-3]}//)"):
                response = self.client.get(path)
                assert response.status_code == 404, path
                assert heading(response) == "Ten link nie działa"


class InvitationLinkTests(TolerantTestCase):
    """The link that an administrator hands over to a member of staff, by mail as likely as not."""

    def setUp(self) -> None:
        self.path = urlsplit(invites.renew(clerk())).path

    def test_is_found_in_whatever_a_mail_program_makes_of_it(self) -> None:
        # Before two slashes nothing says that the staff's pages are meant, which other hosts lack.
        meant = [each for each in damaged(self.path) if not each.startswith("//")]
        self.assert_leads(self.path, spellings=meant)

    def test_says_that_it_does_not_work_when_a_part_of_it_is_lost(self) -> None:
        for path in (self.path[:-9], f"{self.path[:-9]}/", f"{self.path[:-3]}//)"):
            response = self.client.get(path)
            assert response.status_code == 410, path
            assert "Zaproszenie nie działa" in response.content.decode()


class OtherAddressTests(TestCase):
    """Addresses beside the links."""

    def test_get_their_slash_as_ever(self) -> None:
        for path in ("/aktywacja/gotowe", "/haslo/wyslano", "/haslo/zmiana/gotowe", "/haslo"):
            assert self.client.get(path)["Location"] == f"{path}/"

    def test_are_not_found_as_ever(self) -> None:
        for path in ("/aktywacja", "/aktywacja/", "/haslo/x/y/z/", "/de/aktywacja/x/"):
            response = self.client.get(path, follow=True)
            assert response.status_code == 404, path


class MendingTests(SimpleTestCase):
    """Finding a token in a text."""

    TOKEN = f"{'0f' * 16}.12.{'a1' * 12}~1xVd07~{'Ab-_' * 10}xyz"

    def test_has_nothing_to_say_of_a_right_address(self) -> None:
        for path in (f"/aktywacja/{self.TOKEN}/", f"/en/aktywacja/{self.TOKEN}/to-nie-ja/"):
            assert mended(path) is None

    @given(st.text(max_size=30), st.text(max_size=30))
    def test_finds_it_among_any_text(self, before: str, after: str) -> None:
        found = mended(f"/{before}/aktywacja/{self.TOKEN}{after}")
        assert found is None or found.split("/aktywacja/")[1].startswith(self.TOKEN)

    @given(st.text(max_size=300))
    def test_takes_anything(self, text: str) -> None:
        for path in (text, f"/aktywacja/{text}", f"/haslo/{text}"):
            mended(path)


class RealBrowserTests(BrowserTestCase):
    """A real browser, which escapes and shortens addresses by itself."""

    def test_opens_a_damaged_link(self) -> None:
        user = registered(language="en")
        path = activation_path(user).removeprefix("/en")
        visitor = self.visitor("en")
        for damage in (")", '">', " .", "/.", "//", "%20"):
            visitor.open(f"{path.rstrip('/')}{damage}").is_at("Activate your account")
        visitor.fill({LABEL: PASSWORD}).press("Activate account").is_at("The account is active")
