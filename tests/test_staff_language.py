"""The language of the staff's pages is each person's own choice."""

from django.test import Client, TestCase

from accounts.models import User
from tests.desk import LIST, page_of, sit_down
from tests.factories import activated, clerk
from tests.walk import Visitor


class LanguageTests(TestCase):
    """Polish until somebody chooses English."""

    def test_is_chosen_on_any_page_and_kept_in_the_account(self) -> None:
        member = clerk("officer")
        visitor = Visitor(sit_down(Client(enforce_csrf_checks=True), member)).open(LIST)
        assert visitor.language == "pl"
        visitor.press("English")
        assert visitor.path == LIST
        assert visitor.language == "en"
        assert User.objects.get(pk=member.pk).language == "en"
        elsewhere = Visitor(sit_down(Client(), member)).open("/admin/methods/")
        assert elsewhere.language == "en"
        assert elsewhere.shows("How you sign in")
        elsewhere.press("Polski")
        assert elsewhere.language == "pl"
        assert elsewhere.path == "/admin/methods/"

    def test_holds_for_pages_of_errors_and_of_django(self) -> None:
        member = clerk("officer")
        User.objects.filter(pk=member.pk).update(language="en")
        browser = sit_down(Client(), member)
        assert "Page not found" in browser.get("/admin/nowhere/").content.decode()
        user = activated()
        assert "Change history" in browser.get(f"{LIST}{user.pk}/history/").content.decode()
        assert 'lang="en"' in browser.get(page_of(user)).content.decode()

    def test_is_chosen_at_the_door_as_well(self) -> None:
        visitor = Visitor().open("/admin/login/?next=/admin/accounts/user/").press("English")
        assert visitor.language == "en"
        assert visitor.path.startswith("/admin/login/")
        assert visitor.shows("Sign in with a passkey")
        # Who never chose goes on in the language of the door; who did has his own everywhere.
        sit_down(visitor.client, clerk("officer"))
        assert visitor.open("/admin/").language == "en"

    def test_of_ones_own_holds_in_the_browser_of_a_colleague(self) -> None:
        visitor = Visitor().open("/admin/login/").press("English").press("Polski")
        sit_down(visitor.client, clerk("officer", language="en"))
        assert visitor.open("/admin/").language == "en"

    def test_leads_nowhere_else_and_takes_no_other_language(self) -> None:
        member = clerk("officer")
        browser = sit_down(Client(), member)
        for page in ("https://evil.example/", "//evil.example/admin/", "/konto/", "", "/admin/r/"):
            answer = browser.post("/admin/language/", {"language": "de", "next": page})
            assert answer["Location"] in ("/admin/", "/admin/r/"), page
        assert User.objects.get(pk=member.pk).language == "pl"
        assert browser.get("/admin/language/").status_code == 405

    def test_a_customers_own_language_is_no_matter_here(self) -> None:
        customer = activated(language="en")
        browser = Client()
        browser.force_login(customer)
        assert 'lang="pl"' in browser.get("/admin/login/").content.decode()
        browser.post("/admin/language/", {"language": "pl"})
        assert User.objects.get(pk=customer.pk).language == "en"
