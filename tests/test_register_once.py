"""One account, however often and wherever Rejestruj is pressed."""

from http.cookies import SimpleCookie
from threading import Barrier, Thread
from typing import Any

from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connections
from django.test import Client, TransactionTestCase

from accounts.models import Customer, OutboxMessage, User
from tests.people import FIRMA, OSOBA, PERSON, POLISH, Applicant
from tests.steps import session_data, step_url
from tests.walk import Post, Visitor


class RegisterOnceTests(TransactionTestCase):
    """Behaviour 9: however often Rejestruj arrives, there is one account and one mail."""

    serialized_rollback = True

    def assert_one(self, applicant: Applicant = OSOBA) -> None:
        """Count accounts, customers, consents and mails."""
        user = User.objects.get()
        assert user.email == applicant.email
        assert Customer.objects.count() == 1
        assert user.consents.count() == 5
        assert OutboxMessage.objects.count() == 1
        assert [message.to for message in mail.outbox] == [[applicant.email]]

    def test_pressed_again_after_the_answer(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        post = visitor.post_of("Rejestruj")
        for _time in range(3):
            assert visitor.send(post).heading == POLISH.check_mailbox
            assert visitor.shows(OSOBA.email)
        assert set(visitor.posts) == {302}
        self.assert_one()

    def test_pressed_again_when_the_answer_was_lost(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        post = visitor.post_of("Rejestruj")
        cookies = SimpleCookie(visitor.client.cookies)
        visitor.client.post(post.address, post.data)
        visitor.client.cookies = cookies
        assert visitor.send(post).heading == POLISH.check_mailbox
        assert visitor.shows(OSOBA.email)
        self.assert_one()

    def test_pressed_again_when_the_server_stopped_before_it_cleared_the_session(self) -> None:
        visitor = OSOBA.reach_end(Visitor())
        post = visitor.post_of("Rejestruj")
        kept = Session.objects.get()
        cookies = SimpleCookie(visitor.client.cookies)
        visitor.send(post)
        Session.objects.all().delete()
        kept.save(force_insert=True)
        visitor.client.cookies = cookies
        assert visitor.send(post).heading == POLISH.check_mailbox
        self.assert_one()
        assert session_data() == {}

    def test_pressed_twice_at_the_same_moment(self) -> None:
        for applicant in (OSOBA, FIRMA, PERSON):
            User.objects.all().delete()
            mail.outbox.clear()
            visitor = applicant.reach_end(Visitor())
            post = visitor.post_of(applicant.words.register)
            answers = self.at_once(visitor, [post] * 4)
            for browser, response in answers:
                assert response.status_code == 302
                assert response["Location"].endswith("/rejestracja/wyslano/")
                page = Visitor(browser).open(response["Location"])
                assert page.heading == applicant.words.check_mailbox
                assert page.shows(applicant.email)
            self.assert_one(applicant)
            assert visitor.open(post.address).heading == applicant.words.finished

    def test_pressed_in_two_tabs_at_the_same_moment(self) -> None:
        one = Visitor()
        other = one.new_tab()
        OSOBA.reach_end(one)
        PERSON.reach_end(other)
        posts = [one.post_of("Rejestruj"), other.post_of("Register")]
        answers = self.at_once(one, posts)
        assert [response.status_code for _browser, response in answers] == [302, 302]
        assert {user.email for user in User.objects.all()} == {OSOBA.email, PERSON.email}
        assert sorted(message.to for message in mail.outbox) == [[OSOBA.email], [PERSON.email]]

    def test_answers_of_two_tabs_that_arrive_at_the_same_moment_are_both_kept(self) -> None:
        one = Visitor()
        other = one.new_tab()
        OSOBA.start(one)
        PERSON.start(other)
        posts = [
            OSOBA.type_details(one).post_of("Dalej"),
            PERSON.type_details(other).post_of("Next"),
        ]
        answers = self.at_once(one, posts)
        assert [response.status_code for _browser, response in answers] == [302, 302]
        assert one.open(step_url(one, "weryfikacja")).shows(OSOBA.email)
        assert other.open(other.path.replace("/dane/", "/weryfikacja/")).shows(PERSON.email)

    def test_a_captcha_answered_twice_at_the_same_moment_makes_no_error(self) -> None:
        visitor = OSOBA.type_password(OSOBA.reach_password(Visitor()))
        post = visitor.copy_captcha(POLISH.captcha).post_of("Dalej")
        for _browser, response in self.at_once(visitor, [post] * 3):
            assert response.status_code == 302

    def at_once(self, visitor: Visitor, posts: list[Post]) -> list[tuple[Client, Any]]:
        """Send the posts from as many threads, each with a copy of the browser's cookies."""
        barrier = Barrier(len(posts))
        answers: list[Any] = [None] * len(posts)
        browsers = [Client(enforce_csrf_checks=True) for _post in posts]

        def send(number: int) -> None:
            barrier.wait()
            try:
                answers[number] = browsers[number].post(posts[number].address, posts[number].data)
            finally:
                connections.close_all()

        for browser in browsers:
            browser.cookies = SimpleCookie(visitor.client.cookies)
            browser.raise_request_exception = False
        threads = [Thread(target=send, args=(number,)) for number in range(len(posts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return list(zip(browsers, answers, strict=True))
