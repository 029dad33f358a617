"""What is masked at the desk, who sees a field of it and for how long, and what a search tells."""

from typing import Any

from bs4 import BeautifulSoup
from django.test import Client, TestCase

from accounts.account import services
from accounts.desk import masks
from accounts.desk.events import Desk
from accounts.desk.masks import REVEALS, SEARCHES, Field, masked
from accounts.desk.reasons import Reveal
from accounts.models import DataRequest, Kind, StaffEvent, User
from accounts.models.customer import Section
from kantor.serving.typography import untie
from tests.clock import later
from tests.desk import LIST, page_of, shown, sit_down
from tests.factories import COMPANY, activated, clerk, registered

# What nobody reads who has not asked for it.
SECRETS = {
    Field.PHONE: "+48 601 234 567",
    Field.STREET: "Długa 12A/3",
    Field.NIP: "526-104-08-28",
    Field.REGON: COMPANY["regon"],
    Field.KRS: COMPANY["krs"],
}
TYPED = {Field.PHONE: "601234567", Field.NIP: "5261040828"}


def reveal(browser: Client, user: User, field: str, reason: str = "review") -> Any:
    return browser.post(f"{LIST}{user.pk}/reveal/{field}/", {"reason": reason})


def read(browser: Client, address: str) -> str:
    return untie(browser.get(address).content.decode())


class MaskTests(TestCase):
    """What is left of a value."""

    def test_is_enough_to_recognise_it(self) -> None:
        for column, value, expected in (
            ("phone", "+48601234502", "+48 ••• ••• •02"),
            ("phone", "+442079460958", "+44 •• •••• ••58"),
            ("phone", "", ""),
            ("nip", "6581234534", "658-•••-••-34"),
            ("nip", "DE136695976", "•••••••••76"),
            ("nip", "A1B2", "••••"),
            ("nip", "12-34/X 7", "••-••/X 7"),
            ("regon", "012100784", "•••••••84"),
            ("regon", "01210078400012", "••••••••••••12"),
            ("krs", "0000123456", "••••••••56"),
            ("main_street", "Długa 12A/3", "•••"),
            ("corr_flat_no", "7", "•••"),
            ("corr_street", "", ""),
            ("main_city", "Kraków", "Kraków"),
            ("last_name", "Żak", "Żak"),
        ):
            with self.subTest(column=column, value=value):
                assert untie(masked(column, value)) == expected

    def test_is_what_every_role_reads(self) -> None:
        user = activated(Kind.COMPANY)
        services.ask(user, Section.NAME, {"last_name": "Nowak"}, "Ślub")
        services.change(user, Section.ADDRESS, {"main_street": "Krótka", "main_house_no": "9"})
        request = DataRequest.objects.get()
        for role in ("support", "reviewer", "officer", "auditor"):
            browser = Client()
            sit_down(browser, clerk(role))
            for address in (
                LIST,
                page_of(user),
                f"{LIST}{user.pk}/history/",
                f"/admin/accounts/datarequest/{request.pk}/change/",
            ):
                page = read(browser, address)
                for secret in (*SECRETS.values(), *TYPED.values(), "Krótka", "Długa"):
                    assert secret not in page, (role, address, secret)


class RevealTests(TestCase):
    """One field, for a reason, for five minutes."""

    def setUp(self) -> None:
        self.clerk, self.user = clerk(), activated(Kind.COMPANY)
        sit_down(self.client, self.clerk)

    def seen(self, browser: Client | None = None, user: User | None = None) -> set[Field]:
        page = read(browser or self.client, page_of(user or self.user))
        return {field for field, secret in SECRETS.items() if secret in page}

    def test_shows_that_field_of_that_customer_and_nothing_else(self) -> None:
        other = activated(Kind.COMPANY)
        for field in Field:
            with self.subTest(field):
                page = read(self.client, page_of(self.user))
                assert f"{LIST}{self.user.pk}/reveal/{field.value}/" in page
                before = self.seen()
                assert reveal(self.client, self.user, field.value).status_code == 302
                assert self.seen() == before | {field}
                assert self.seen(user=other) == set()

    def test_an_address_stands_as_on_its_envelope(self) -> None:
        names = ("street", "house_no", "flat_no", "postal_code", "city", "country")
        for address, house, others in (
            (
                ("Długa", "12/14", "3", "00-001", "Warszawa", "PL"),
                "Długa 12/14 m. 3",
                ["00-001 Warszawa", "Polska"],
            ),
            (
                ("", "12", "", "83-011", "Kowalowo", "PL"),
                "Kowalowo 12",
                ["83-011 Kowalowo", "Polska"],
            ),
            (
                ("Baker Street", "221B", "", "NW1 6XE", "London", "GB"),
                "221B Baker Street",
                ["London", "NW1 6XE", "Wielka Brytania"],
            ),
        ):
            parts = {f"main_{name}": part for name, part in zip(names, address, strict=True)}
            user = activated(Kind.COMPANY, **parts)
            with self.subTest(address):
                assert self.lines(user) == ["•••", *others]
                reveal(self.client, user, "street")
                assert self.lines(user) == [house, *others]

    def lines(self, user: User) -> list[str]:
        page = BeautifulSoup(read(self.client, page_of(user)), "html.parser")
        (cell,) = page.select(".field-main_address dd")
        for link in cell.select("a"):
            link.decompose()
        return [line.strip() for line in cell.stripped_strings]

    def test_is_over_after_five_minutes(self) -> None:
        reveal(self.client, self.user, "phone")
        with later(minutes=4, seconds=50):
            assert self.seen() == {Field.PHONE}
        with later(minutes=5, seconds=1):
            assert self.seen() == set()

    def test_counts_in_the_session_of_whoever_asked(self) -> None:
        reveal(self.client, self.user, "phone")
        elsewhere, colleague = Client(), Client()
        sit_down(elsewhere, self.clerk)
        sit_down(colleague, clerk("officer"))
        assert self.seen(elsewhere) == set()
        assert self.seen(colleague) == set()

    def test_is_written_down_with_its_reason_and_without_the_value(self) -> None:
        reveal(self.client, self.user, "nip", "complaint")
        row = StaffEvent.objects.get()
        assert (row.actor, row.role, row.customer) == (self.clerk.pk, "reviewer", self.user.pk)
        assert (row.action, row.reason, row.after) == ("revealed", "complaint", {"field": "nip"})
        assert len(row.session) == 16
        assert row.network == "127.0.0.1"
        assert COMPANY["nip"] not in str(row.__dict__)

    def test_needs_a_reason_that_there_is(self) -> None:
        for reason in ("", "bo tak", "\0"):
            answer = reveal(self.client, self.user, "phone", reason)
            assert answer.status_code == 400
            assert "Dlaczego" in answer.content.decode()
        assert not StaffEvent.objects.exists()
        assert self.seen() == set()

    def test_a_field_or_a_customer_that_is_not_there_is_none(self) -> None:
        assert reveal(self.client, self.user, "password").status_code == 400
        assert reveal(self.client, clerk("support"), "phone").status_code == 404
        assert not StaffEvent.objects.exists()

    def test_a_link_alone_shows_nothing(self) -> None:
        page = self.client.get(f"{LIST}{self.user.pk}/reveal/phone/?reason=review")
        assert page.status_code == 200
        assert not StaffEvent.objects.exists()
        assert self.seen() == set()

    def test_is_possible_sixty_times_an_hour(self) -> None:
        for _ in range(REVEALS.times - 1):
            assert REVEALS.hit(str(self.clerk.pk))
        assert reveal(self.client, self.user, "phone").status_code == 302
        refused = reveal(self.client, self.user, "street")
        assert refused.status_code == 429
        assert refused["Retry-After"]
        assert self.seen() == {Field.PHONE}
        with later(minutes=61):
            desk = Desk(self.clerk)
            masks.reveal(self.user.pk, "street", "review", desk=desk)
            assert StaffEvent.objects.filter(after={"field": "street"}).exists()

    def test_is_not_for_who_only_helps_or_audits(self) -> None:
        for role in ("support", "auditor"):
            member = clerk(role)
            sit_down(self.client, member)
            assert reveal(self.client, self.user, "phone").status_code == 403
            assert "/reveal/" not in read(self.client, page_of(self.user))
            # Whoever had the right a minute ago has it no more.
            StaffEvent.objects.create(
                actor=member.pk, action="revealed", customer=self.user.pk, after={"field": "phone"}
            )
            assert masks.sight(self.user.pk, Desk(member)).revealed == frozenset()

    def test_every_reason_has_its_words(self) -> None:
        page = read(self.client, f"{LIST}{self.user.pk}/reveal/phone/")
        for reason in Reveal:
            assert untie(str(reason.label)) in page


class OracleTests(TestCase):
    """A search tells whoever sees a number masked nothing but what he knew whole."""

    def setUp(self) -> None:
        self.user = registered(Kind.COMPANY)
        self.member = clerk("support")
        sit_down(self.client, self.member)

    def found(self, typed: str) -> set[str]:
        return shown(self.look_for(typed))

    def look_for(self, typed: str) -> Any:
        return self.client.post(f"{LIST}search/", {"words": typed}, follow=True)

    def test_no_beginning_end_or_part_of_a_number_finds_anything(self) -> None:
        for whole in (*TYPED.values(), "+48601234567", "0048601234567", "526-104-08-28"):
            for cut in range(1, len(whole)):
                for part in (whole[:cut], whole[cut:]):
                    is_account = part == str(self.user.pk)
                    if masks.whole(Field.PHONE, part) is None and not is_account:
                        with self.subTest(part):
                            assert self.found(part) == set()
        for typed in ("NIP 5261", "PL526104082", "tel. 601 234", "52610408281", "6012345678"):
            assert self.found(typed) == set(), typed

    def test_the_whole_number_finds_its_customer(self) -> None:
        for typed in ("5261040828", "NIP 526-104-08-28", "601 234 567", "+48601234567"):
            assert self.found(typed) == {self.user.email}, typed

    def test_a_foreign_tax_number_is_found_whole_too(self) -> None:
        foreign = registered(Kind.COMPANY, nip="DE136695976", main_country="DE")
        for typed in ("DE1", "DE13669597", "136695976"):
            assert self.found(typed) == set(), typed
        assert self.found("DE136695976") == {foreign.email}

    def test_thirty_whole_numbers_an_hour_are_answered(self) -> None:
        for _ in range(SEARCHES.times - 1):
            assert SEARCHES.hit(str(self.member.pk))
        assert self.found("5261040828") == {self.user.email}
        refused = self.look_for("5261040828")
        assert "Za dużo" in refused.content.decode()
        # Names and addresses are no secret of theirs.
        assert self.found("zak") == {self.user.email}
        with later(minutes=61):
            assert masks.searchable(self.member, Field.NIP, "5261040828")

    def test_what_is_no_whole_number_is_not_counted(self) -> None:
        for typed in ("526", "zak", self.user.email, f"#{self.user.pk}"):
            self.found(typed)
        assert not SEARCHES.is_used_up(str(self.member.pk))
        for _ in range(SEARCHES.times):
            assert SEARCHES.hit(str(self.member.pk))

    def test_an_auditor_is_no_exception_and_a_reviewer_is(self) -> None:
        sit_down(self.client, clerk("auditor"))
        assert self.found("52610") == set()
        sit_down(self.client, clerk("reviewer"))
        assert self.found("52610") == {self.user.email}
        assert self.found("+48601") == {self.user.email}

    def test_whole_is_what_no_digit_can_be_added_to(self) -> None:
        for field, typed, canonical in (
            (Field.PHONE, "0048 601 234 567", "+48601234567"),
            (Field.PHONE, "601 234", None),
            (Field.NIP, "526 104 08 28", "5261040828"),
            (Field.NIP, "526 104 08 2", None),
            (Field.NIP, "DE136695976", "DE136695976"),
            (Field.REGON, "012100784", "012100784"),
            (Field.REGON, "01210078", None),
            (Field.KRS, "0000123456", "0000123456"),
            (Field.KRS, "123456", None),
            (Field.STREET, "Długa", None),
        ):
            with self.subTest(field=field, typed=typed):
                assert masks.whole(field, typed) == canonical
                assert masks.searchable(self.member, field, typed) is (canonical is not None)

    def test_an_administrator_searches_nothing(self) -> None:
        assert not masks.searchable(clerk("administrator"), Field.NIP, "5261040828")
