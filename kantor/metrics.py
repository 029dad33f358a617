"""Tell a Prometheus server how the site is doing, where METRICS is on."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.mail import outbox
from kantor.serving import numbers

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with what all processes of this machine have counted, and how much waits; or 404.

    What waits is asked of the database now, three statements at most; without a database the
    rest is told all the same, and `kantor_database_answers` is 0.
    """
    if not settings.METRICS:
        raise Http404
    numbers.start()
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(_Waiting())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Waiting:
    """What waits at this moment, as the database and the queue say."""

    def collect(self) -> "Iterator[GaugeMetricFamily]":
        from prometheus_client.core import GaugeMetricFamily

        answers = 1
        for part in (_outbox, _queue):
            try:
                yield from list(part())
            except Exception:
                # Whatever is broken there, what was counted here is to be told.
                answers = 0
        yield GaugeMetricFamily(
            "kantor_database_answers", "1 when database and queue answered", value=answers
        )

    def describe(self) -> "Iterable[GaugeMetricFamily]":
        """Name nothing beforehand: it would ask the database at the registration."""
        return ()


def _outbox() -> "Iterator[GaugeMetricFamily]":
    from prometheus_client.core import GaugeMetricFamily

    waiting = GaugeMetricFamily(
        "kantor_outbox_waiting", "Mails that wait, by state and age", labels=("state", "age")
    )
    for labels, count in outbox.waiting().items():
        waiting.add_metric(labels, count)
    yield waiting
    # As /healthz looks at it: without those that their own recipient's server put off.
    yield GaugeMetricFamily(
        "kantor_outbox_oldest_seconds",
        "Age of the oldest mail that the site could not hand over",
        value=outbox.oldest_undelivered(held_up_by_us=True).total_seconds(),
    )


def _queue() -> "Iterator[GaugeMetricFamily]":
    """Yield how many tasks wait; nothing where web processes do them themselves."""
    from prometheus_client.core import GaugeMetricFamily

    length: Callable[[], int]
    if apps.is_installed("django_tasks_db"):
        from django_tasks_db.models import DBTaskResult

        length = DBTaskResult.objects.ready().count
    elif apps.is_installed("django_tasks_rq"):
        from django_rq import get_queue

        length = get_queue("default").__len__
    else:
        return
    yield GaugeMetricFamily("kantor_queue_length", "Tasks that wait", value=length())
