"""What a server hands over, before Django looks at it."""

from io import BytesIO

from django.test import RequestFactory, TestCase

from kantor.wsgi import application


class ContentTypeTests(TestCase):
    """A request that claims to be written in an encoding of its own."""

    def status(self, content_type: str, query: str = "a=1", body: bytes = b"") -> int:
        """Return the status of the answer to such a request for the start page."""
        environ = RequestFactory().generic("POST" if body else "GET", "/").environ
        environ |= {
            "CONTENT_TYPE": content_type,
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
        }
        found: list[str] = []
        b"".join(application(environ, lambda status, headers, error=None: found.append(status)))  # type: ignore[arg-type]
        return int(found[0].split()[0])

    def test_is_served_as_utf_8(self) -> None:
        for charset in ("hex", "base64", "rot13", "zlib", "undefined", "utf-7", '"none"', ""):
            assert self.status(f"text/plain; charset={charset}") == 200, charset

    def test_is_not_asked_for_endless_parameters(self) -> None:
        query = "&".join(f"a{number}=1" for number in range(250))
        assert self.status("text/plain; charset=utf-8", query) in (200, 400)

    def test_keeps_the_boundary_of_a_form_with_parts(self) -> None:
        body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n+AGE-\r\n--x--\r\n'
        kind = "multipart/form-data; charset=unicode_escape; boundary=x"
        assert self.status(kind, body=body) in (403, 405)
