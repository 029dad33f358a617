"""The customer's data in his own hands: changed at once, asked for, corrected, never another's."""

from django.db import IntegrityError, transaction
from django.test import Client, TestCase, TransactionTestCase

from accounts.account import services
from accounts.desk import queue
from accounts.desk.events import Desk
from accounts.models import DataChange, DataRequest, Kind, ReviewState, StaffEvent, User
from accounts.models.customer import Section
from accounts.services import review
from kantor.serving.typography import untie
from tests.browsers import signed_in
from tests.clock import later
from tests.closings import close
from tests.desk import StaffTestCase, page_of, send, sit_down
from tests.factories import activated, clerk, customer_of, decide, staff, suspended
from tests.letters import deliver
from tests.parallel import at_once
from tests.walk import Visitor

DATA = "/konto/dane/"
ADDRESS, NAME, COMPANY = (f"{DATA}{each}/" for each in ("adres", "imie-i-nazwisko", "firma"))
WITHDRAW = f"{DATA}wniosek/wycofaj/"
REASON = {"Dlaczego dane się zmieniają": "Ślub, 1 sierpnia."}


class DataTestCase(TestCase):
    """Somebody with an account, signed in."""

    def setUp(self) -> None:
        self.user = activated()
        self.visitor = Visitor(signed_in(self.user))

    def asks_for_a_name(self, name: str = "Żak-Nowak") -> None:
        self.visitor.open(NAME).fill({"Nazwisko": name, **REASON}).press("Wyślij wniosek")


class AddressTests(DataTestCase):
    """The address changes at once, and staff see what it was."""

    def test_changes_at_once_and_keeps_before_and_after(self) -> None:
        self.visitor.open(DATA).follow("Zmień adres")
        assert self.visitor.value("Miejscowość", "Adres zamieszkania") == "Kraków"
        self.visitor.fill({"Nr domu": "99"}, "Adres zamieszkania").press("Zapisz dane")
        assert self.visitor.shows("Twoje dane zostały zapisane.")
        assert self.visitor.shows("Długa 99/3")
        assert customer_of(self.user).main_house_no == "99"
        (change,) = DataChange.objects.all()
        assert change.before["main_house_no"] == "12A"
        assert change.after["main_house_no"] == "99"
        assert change.user == self.user

    def test_says_what_is_wrong_at_its_field_and_changes_nothing(self) -> None:
        self.visitor.open(ADDRESS).fill({"Kod pocztowy": "1"}, "Adres zamieszkania")
        self.visitor.press("Zapisz dane")
        assert self.visitor.error_at("Kod pocztowy", "Adres zamieszkania")
        assert customer_of(self.user).main_postal_code == "31-147"

    def test_twice_the_same_is_one_change(self) -> None:
        self.visitor.open(ADDRESS).fill({"Nr domu": "99"}, "Adres zamieszkania")
        post = self.visitor.post_of("Zapisz dane")
        self.visitor.send(post)
        self.visitor.send(post)
        assert DataChange.objects.count() == 1

    def test_is_forgotten_by_nobody_who_only_looks(self) -> None:
        for path in (DATA, ADDRESS, NAME):
            self.visitor.client.head(path)
            self.visitor.client.get(path, headers={"Sec-Purpose": "prefetch"})
        assert not DataChange.objects.exists()
        assert not DataRequest.objects.exists()

    def test_of_a_company_stays_in_the_country_of_its_tax_number(self) -> None:
        user = activated(Kind.COMPANY)
        visitor = Visitor(signed_in(user)).open(ADDRESS)
        visitor.fill({"Kraj": "Niemcy", "Kod pocztowy": "10117"}, "Adres siedziby")
        visitor.press("Zapisz dane")
        assert "numer podatkowy" in visitor.error_at("Kraj", "Adres siedziby")
        assert customer_of(user).main_country == "PL"

    def test_takes_nothing_else_that_is_posted(self) -> None:
        page = self.visitor.open(ADDRESS)
        post = page.post_of("Zapisz dane")
        data = {**post.data, "last_name": "Inny", "phone": "601111111", "review_state": "approved"}
        self.visitor.client.post(ADDRESS, data)
        customer = customer_of(self.user)
        assert (customer.last_name, customer.review_state) == ("Żak", ReviewState.NEW)


class RequestTests(DataTestCase):
    """Name and company are asked for with a reason; staff decide, one request at a time."""

    def test_is_received_with_its_mail_and_changes_nothing_yet(self) -> None:
        self.asks_for_a_name()
        assert self.visitor.shows("Mamy Twój wniosek. Odpowiemy e-mailem.")
        assert customer_of(self.user).last_name == "Żak"
        (receipt,) = [each for each in deliver() if "Mamy Twój wniosek" in each.subject]
        assert receipt.to == [self.user.email]
        assert "Żak-Nowak" not in str(receipt.body)

    def test_needs_a_reason(self) -> None:
        self.visitor.open(NAME).fill({"Nazwisko": "Nowak"}).press("Wyślij wniosek")
        assert self.visitor.error_at("Dlaczego dane się zmieniają")
        assert not DataRequest.objects.exists()

    def test_only_one_is_open_and_it_can_be_withdrawn(self) -> None:
        self.asks_for_a_name()
        assert self.visitor.open(NAME).shows("Wycofaj go, aby wysłać następny.")
        assert not services.ask(self.user, Section.NAME, {"last_name": "Inny"}, "Bo tak")
        self.visitor.open(DATA).press("Wycofaj wniosek")
        assert self.visitor.shows("Wniosek został wycofany.")
        self.visitor.client.post(WITHDRAW)
        assert self.visitor.open(DATA).shows("Nie ma otwartego wniosku.")
        self.asks_for_a_name("Inny")
        assert DataRequest.objects.filter(state="open").get().wanted["last_name"] == "Inny"

    def test_the_database_holds_one_open_one(self) -> None:
        self.asks_for_a_name()
        with self.assertRaises(IntegrityError), transaction.atomic():
            DataRequest.objects.create(user=self.user, section="name", wanted={}, reason="x")

    def test_accepted_changes_the_data_and_tells_so(self) -> None:
        self.asks_for_a_name()
        request = DataRequest.objects.get()
        assert services.accept(request, by=staff())
        assert customer_of(self.user).last_name == "Żak-Nowak"
        assert DataChange.objects.get().before["last_name"] == "Żak"
        assert "Zmieniliśmy Twoje dane" in " ".join(str(deliver()[-1].body).split())
        assert not services.refuse(request, by=staff(), answer="Za późno")
        assert not services.accept(request, by=staff())

    def test_refused_leaves_the_data_and_says_why(self) -> None:
        self.asks_for_a_name()
        services.refuse(DataRequest.objects.get(), by=staff(), answer="Wyślij odpis aktu.")
        assert customer_of(self.user).last_name == "Żak"
        assert "Wyślij odpis aktu." in str(deliver()[-1].body)
        assert self.visitor.open(DATA).shows("Wyślij odpis aktu.")

    def test_withdrawn_cannot_be_accepted(self) -> None:
        self.asks_for_a_name()
        request = DataRequest.objects.get()
        services.withdraw(self.user)
        assert not services.accept(request, by=staff())
        assert customer_of(self.user).last_name == "Żak"

    def test_can_be_sent_and_withdrawn_five_times_a_day(self) -> None:
        for _time in range(5):
            self.asks_for_a_name()
            assert self.visitor.shows("Odpowiemy e-mailem.")
            self.visitor.press("Wycofaj wniosek")
        self.asks_for_a_name()
        assert self.visitor.shows("Możesz wysłać najwyżej 5 wniosków dziennie.")
        assert not DataRequest.objects.filter(state=DataRequest.State.OPEN).exists()
        assert DataRequest.objects.count() == 5
        with later(days=1):
            assert services.ask(self.user, Section.NAME, {"last_name": "Żak"}, "Ślub")

    def test_comes_too_late_for_an_account_that_was_closed_at_that_moment(self) -> None:
        close(self.user)
        assert not services.ask(self.user, Section.NAME, {"last_name": "Żak"}, "Ślub")
        assert not DataRequest.objects.exists()

    def test_withdrawing_needs_the_button(self) -> None:
        self.asks_for_a_name()
        self.visitor.open(WITHDRAW)
        self.visitor.client.head(WITHDRAW)
        assert DataRequest.objects.get().state == "open"

    def test_of_a_company_judges_the_number_by_its_country(self) -> None:
        user = activated(
            Kind.COMPANY, main_country="DE", main_postal_code="10117", nip="DE811569869"
        )
        visitor = Visitor(signed_in(user)).open(COMPANY)
        visitor.fill({"Numer identyfikacji podatkowej": "DE 811 569 870", **REASON})
        visitor.press("Wyślij wniosek")
        assert DataRequest.objects.get().wanted["nip"].replace(" ", "") == "DE811569870"


class DecidedAtOnceTests(TransactionTestCase):
    """Staff decide and the customer withdraws at the same moment: one of them counts."""

    serialized_rollback = True

    def test_one_wins(self) -> None:
        user, member = activated(), staff()
        services.ask(user, Section.NAME, {"last_name": "Nowak"}, "Ślub")
        request = DataRequest.objects.get()
        results = at_once(
            lambda: services.withdraw(user),
            lambda: services.accept(request, by=member),
            lambda: services.refuse(request, by=member, answer="Nie"),
        )
        assert sorted(results) == [False, False, True], results
        request.refresh_from_db()
        assert (customer_of(user).last_name == "Nowak") == (request.state == "accepted")


class CorrectionTests(DataTestCase):
    """What staff want corrected opens directly and comes back to them."""

    def awaits(self, *sections: str) -> None:
        words = "Sprawdź pisownię."
        decide(self.user, ReviewState.CORRECTION, words=words, sections=sections)

    def test_named_sections_open_directly_and_go_back_to_new(self) -> None:
        self.awaits(Section.NAME)
        self.visitor.open("/konto/").follow("Popraw dane").follow("Popraw imię i nazwisko")
        assert self.visitor.shows("Sprawdź pisownię.")
        self.visitor.fill({"Nazwisko": "Żuk"}).press("Zapisz dane")
        customer = customer_of(self.user)
        assert (customer.last_name, customer.review_state) == ("Żuk", ReviewState.NEW)
        assert (customer.review_sections, customer.review_words) == ([], "")
        assert not DataRequest.objects.exists()
        assert not services.change(self.user, Section.NAME, {"last_name": "Za późno"})

    def test_only_after_the_last_of_them(self) -> None:
        self.awaits(Section.NAME, Section.ADDRESS)
        services.change(self.user, Section.NAME, {"last_name": "Żuk"})
        assert customer_of(self.user).review_state == ReviewState.CORRECTION
        self.visitor.open(ADDRESS).press("Zapisz dane")
        assert customer_of(self.user).review_state == ReviewState.NEW

    def test_takes_the_place_of_an_older_request_about_the_same(self) -> None:
        self.asks_for_a_name("Żak")
        request = DataRequest.objects.get()
        self.awaits(Section.NAME)
        self.visitor.open(NAME).fill({"Nazwisko": "Żuk"}).press("Zapisz dane")
        request.refresh_from_db()
        assert request.state == DataRequest.State.WITHDRAWN
        assert not services.accept(request, by=staff())
        assert customer_of(self.user).last_name == "Żuk"

    def test_leaves_a_request_about_something_else_open(self) -> None:
        self.asks_for_a_name()
        self.awaits(Section.ADDRESS)
        self.visitor.open(ADDRESS).press("Zapisz dane")
        assert DataRequest.objects.get().state == DataRequest.State.OPEN

    def test_other_sections_stay_a_request(self) -> None:
        self.awaits(Section.ADDRESS)
        assert self.visitor.open(NAME).button("Wyślij wniosek")


class LanguageTests(DataTestCase):
    """Messages come in the language that the customer chose."""

    def test_is_chosen_on_the_page(self) -> None:
        self.visitor.open(DATA).choose("angielski").press("Zapisz język")
        self.user.refresh_from_db()
        assert self.user.language == "en"
        self.asks_for_a_name()
        assert deliver()[-1].subject == "We have received your request to change your details"

    def test_nonsense_changes_nothing(self) -> None:
        for language in ("de", "", "pl\0"):
            self.visitor.client.post(DATA, {"language": language})
        self.user.refresh_from_db()
        assert self.user.language == "pl"


class OthersTests(DataTestCase):
    """Nobody sees or changes another customer's data, and nobody without an account any."""

    PATHS = (DATA, ADDRESS, NAME, WITHDRAW)

    def test_without_signing_in(self) -> None:
        for path in self.PATHS:
            for response in (Client().get(path), Client().post(path, {"language": "en"})):
                assert response.status_code == 302
                assert response["Location"].startswith("/logowanie/")

    def test_as_somebody_else(self) -> None:
        self.asks_for_a_name("Tajna")
        stranger = Visitor(signed_in(activated(last_name="Obcy")))
        for path in (DATA, ADDRESS, NAME):
            assert "Tajna" not in stranger.open(path).text
        stranger.client.post(WITHDRAW)
        stranger.client.post(DATA, {"language": "en"})
        assert DataRequest.objects.get().state == "open"
        assert User.objects.get(pk=self.user.pk).language == "pl"

    def test_as_a_suspended_one(self) -> None:
        review.suspend(self.user)
        for path in self.PATHS:
            assert self.visitor.client.get(path).status_code == 302
        assert suspended().suspended_at is not None

    def test_staff_and_unknown_sections_have_none(self) -> None:
        client = Client()
        sit_down(client, staff())
        assert client.get(DATA).status_code == 404
        for path in (COMPANY, f"{DATA}phone/"):
            assert self.visitor.client.get(path).status_code == 404

    def test_is_kept_by_nobody(self) -> None:
        for path in (DATA, ADDRESS):
            assert "no-store" in self.visitor.client.get(path)["Cache-Control"]


class DeskTests(StaffTestCase):
    """Staff see requests, decide them, and say what is to be corrected."""

    def setUp(self) -> None:
        super().setUp()
        self.user = activated()
        services.ask(self.user, Section.NAME, {"last_name": "Nowak"}, "Ślub <b>")
        self.request = DataRequest.objects.get()
        self.page = f"/admin/accounts/datarequest/{self.request.pk}/change/"

    def test_a_refusal_needs_words(self) -> None:
        response = self.client.post(self.page, {"decision": "refused", "answer": ""})
        assert "Napisz klientowi dlaczego." in response.content.decode()
        self.client.post(self.page, {"decision": "refused", "answer": "Wyślij odpis."})
        self.request.refresh_from_db()
        assert (self.request.state, self.request.decided_by) == ("refused", self.staff)

    def test_accepting_changes_the_data(self) -> None:
        page = self.client.get(self.page).content.decode()
        assert "Żak → Nowak" in page
        assert "Ślub &lt;b&gt;" in page
        self.client.post(self.page, {"decision": "accepted", "answer": ""})
        assert customer_of(self.user).last_name == "Nowak"
        assert "decision" not in self.client.get(self.page).content.decode()

    def test_the_account_shows_what_a_change_changed_and_nothing_else(self) -> None:
        services.change(self.user, Section.ADDRESS, {"main_city": "Łódź", "main_street": ""})
        page = self.client.get(page_of(self.user)).content.decode()
        assert "ulica: ••• → –" in page
        assert "miejscowość: Kraków → Łódź" in page
        assert "main_city" not in page

    def test_a_correction_needs_its_sections(self) -> None:
        words = "Brakuje numeru."
        for sections, state in (([], "new"), (["company"], "new"), (["address"], "correction")):
            send(self.client, self.user, "correct", sections=sections, words=words)
            assert customer_of(self.user).review_state == state, sections
        assert customer_of(self.user).review_words == words

    def test_reading_it_is_written_down_as_the_case_is(self) -> None:
        self.client.get(self.page)
        row = StaffEvent.objects.get()
        assert (row.action, row.customer) == ("viewed", self.request.user_id)

    def test_case_that_somebody_else_has_taken_is_his_to_decide_about(self) -> None:
        opened = self.client.get(self.page)
        assert b'name="decision"' in opened.content
        other = clerk()
        queue.take(self.request.user, Desk(other))
        late = self.client.post(self.page, {"decision": "accepted", "answer": ""}, follow=True)
        assert "Tę sprawę ma już ktoś inny." in untie(late.content.decode())
        assert b'name="decision"' not in late.content
        self.request.refresh_from_db()
        assert self.request.state == DataRequest.State.OPEN
        sit_down(self.client, other).post(self.page, {"decision": "accepted", "answer": ""})
        self.request.refresh_from_db()
        assert self.request.state == DataRequest.State.ACCEPTED
