"""Count requests by django-prometheus, without a label that a visitor could choose.

Imported by MIDDLEWARE, and so only with METRICS. The package's middleware counts by view, method,
status, template, character set and size at once, which is thousands of series, and one of them
takes the method as it was sent. Here a few are kept, by the route's name, and a known method.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from kantor.serving import numbers

numbers.start()

from django_prometheus import middleware  # noqa: E402  after the kind of values is decided

# By which labels each is counted; all else that the package counts is left out.
KEPT: dict[str, tuple[str, ...]] = {
    "django_http_requests_before_middlewares_total": (),
    "django_http_responses_before_middlewares_total": (),
    "django_http_requests_latency_including_middlewares_seconds": (),
    "django_http_requests_total_by_method": ("method",),
    "django_http_requests_total_by_view_transport_method": ("view",),
    "django_http_responses_total_by_status": ("status",),
    "django_http_exceptions_total_by_type": ("type",),
}


class _Kept:
    """One of the package's numbers, which takes only the labels of ours."""

    def __init__(self, number: Any, labels: tuple[str, ...]) -> None:
        self._number, self._labels = number, labels

    def labels(self, **given: str) -> Any:
        own = {name: given[name] for name in self._labels}
        return self._number.labels(**own) if own else self._number

    def inc(self) -> None:
        self._number.inc()

    def observe(self, value: float) -> None:
        self._number.observe(value)


class _LeftOut:
    """A number that nobody needs."""

    def labels(self, **given: str) -> "_LeftOut":
        return self

    def inc(self) -> None:
        pass

    def observe(self, value: float) -> None:
        pass


class Metrics(middleware.Metrics):
    """The package's numbers, but for those that would be too many."""

    def register_metric(
        self,
        metric_cls: Any,
        name: str,
        documentation: str,
        labelnames: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> "_Kept | _LeftOut":
        if name not in KEPT:
            return _LeftOut()
        return _Kept(metric_cls(name, documentation, KEPT[name], **kwargs), KEPT[name])


class BeforeMiddleware(middleware.PrometheusBeforeMiddleware):
    """Count every request and how long it took in all; outermost."""

    metrics_cls = Metrics


class AfterMiddleware(middleware.PrometheusAfterMiddleware):
    """Count by route, method and status; innermost."""

    metrics_cls = Metrics

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)
        # As `begin_at_zero` has it: alerts ask about these.
        for status in ("500", "503"):
            self.metrics.responses_by_status.labels(status=status)
        numbers.begin_at_zero()

    def label_metric(
        self, metric: Any, request: HttpRequest, response: Any = None, **labels: str
    ) -> Any:
        """Give a number its labels; the staff's pages, a fourth of all routes, are one."""
        if labels.get("view", "").startswith("admin:"):
            labels["view"] = "admin"
        return super().label_metric(metric, request, response, **labels)

    def process_request(self, request: HttpRequest) -> None:
        """Count it by its method; the package's own reads lengths that need not be numbers."""
        self.metrics.requests_by_method.labels(method=self._method(request)).inc()
