"""Two requests of one browser at the same moment: nobody's answers are lost, nobody's come back."""

from django.contrib.sessions.backends.base import UpdateError
from django.test import TestCase

from kantor.serving.sessions import SessionStore


def stored(**values: str) -> str:
    """Store a session with these values and return its key."""
    session = SessionStore()
    session.update(values)
    session.save()
    assert session.session_key
    return session.session_key


def opened(key: str) -> SessionStore:
    """Load a session as a request does at its beginning."""
    session = SessionStore(key)
    assert list(session.keys()) is not None
    return session


class ParallelRequestTests(TestCase):
    def test_that_change_different_keys_both_keep_their_change(self) -> None:
        key = stored(first="old", second="old")
        slow, quick = opened(key), opened(key)

        quick["first"] = "new"
        quick.save()
        slow["second"] = "new"
        slow.save()

        assert dict(opened(key).items()) == {"first": "new", "second": "new"}

    def test_that_change_one_key_leave_the_later_value(self) -> None:
        key = stored(first="old")
        slow, quick = opened(key), opened(key)

        quick["first"] = "quick"
        quick.save()
        slow["first"] = "slow"
        slow.save()

        assert opened(key)["first"] == "slow"

    def test_that_waits_long_can_read_again_what_the_other_wrote(self) -> None:
        key = stored(first="old", second="old")
        slow, quick = opened(key), opened(key)

        quick["first"] = "quick"
        quick.save()
        slow.refresh()
        assert slow["first"] == "quick"
        slow["second"] = "slow"
        slow.save()

        assert dict(opened(key).items()) == {"first": "quick", "second": "slow"}
        slow.delete()
        slow.refresh()
        assert list(slow.keys()) == []

    def test_do_not_bring_back_what_the_other_removed(self) -> None:
        key = stored(first="old", second="old")
        slow, quick = opened(key), opened(key)

        del quick["first"]
        quick.save()
        slow["first"] = "new"
        slow.save()

        assert dict(opened(key).items()) == {"second": "old"}

    def test_can_add_and_remove_at_once(self) -> None:
        key = stored(first="old")
        slow, quick = opened(key), opened(key)

        quick["third"] = "new"
        quick.save()
        del slow["first"]
        slow.save()

        assert dict(opened(key).items()) == {"third": "new"}

    def test_do_not_bring_back_a_wiped_session(self) -> None:
        key = stored(first="old")
        slow, quick = opened(key), opened(key)

        quick.flush()
        slow["first"] = "new"

        with self.assertRaises(UpdateError):
            slow.save()
        assert not SessionStore().exists(key)


class UnknownKeyTests(TestCase):
    def test_is_not_adopted(self) -> None:
        session = SessionStore("x" * 32)
        session["first"] = "new"
        session.save()

        assert session.session_key != "x" * 32

    def test_of_any_shape_is_no_error(self) -> None:
        for key in ("\0\0abcdefghijk\0", "x" * 31, "X" * 32, "ż" * 32, "x" * 4000):
            assert not list(SessionStore(key).keys())
