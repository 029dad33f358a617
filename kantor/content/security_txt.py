"""Tell those who found a hole whom to tell (RFC 9116)."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# Section 2.5.5 advises less than a year. Counted from the day of the question: as long as the
# site answers, its settings stand behind what the file says.
VALIDITY = timedelta(days=180)
DAY = 24 * 60 * 60


@require_safe
@cache_control(public=True, max_age=DAY)
def security_txt(request: HttpRequest) -> HttpResponse:
    """Answer with the contacts of the settings; 404 where there are none."""
    if not settings.SECURITY_CONTACT:
        raise Http404("No contact is set.")
    last_day = (timezone.now() + VALIDITY).astimezone(UTC).date()
    expires = datetime(last_day.year, last_day.month, last_day.day, tzinfo=UTC)
    lines = [f"Contact: {contact}" for contact in settings.SECURITY_CONTACT]
    lines += [
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(code for code, _name in settings.LANGUAGES)}",
        f"Canonical: {settings.BASE_URL}{reverse('security-txt')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
