"""Tags of the page frame: what every page carries must cost next to nothing."""

from dataclasses import replace
from datetime import date
from functools import lru_cache
from urllib.parse import urljoin

from django import template
from django.conf import settings
from django.core.signals import setting_changed
from django.forms import BoundField
from django.http import HttpRequest
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.http import escape_leading_slashes
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from kantor.serving.operator import Operator, operator
from kantor.serving.typography import breakable_email, tie

register = template.Library()


@register.simple_tag
def fixed(template_name: str, **values: str | bool) -> SafeString:
    """Return a template that depends on the language and `values` only, rendered once a process.

    Never give it a value that a visitor chose: each combination is kept. With DEBUG it is
    rendered each time, so that an edit shows at the next request.
    """
    language = get_language() or settings.LANGUAGE_CODE
    if settings.DEBUG:
        return render_to_string(template_name, values)
    return _rendered(template_name, language, tuple(values.items()))


@lru_cache(maxsize=64)
def _rendered(
    template_name: str, language: str, values: tuple[tuple[str, str | bool], ...]
) -> SafeString:
    """Render the template; `language` is only the key, it is the active one already."""
    return render_to_string(template_name, dict(values))


def _forget(**_changed: object) -> None:
    """Drop what was rendered: a test has changed a setting, and a part may say it."""
    _rendered.cache_clear()


setting_changed.connect(_forget)


@register.simple_tag(takes_context=True)
def language_url(context: Context, language: str) -> str:
    """Return the address of the page shown in another language, its query included.

    Without a request (the page for an inner error) it is the home page; a page that is kept
    (`kantor.serving.kept`) brings its `language_urls`. Pages outside
    `i18n_patterns` have one language; their links lead to that of the same path and are not used.
    """
    if urls := context.get("language_urls"):
        return str(urls[language])
    request = context.get("request")
    path = request.get_full_path() if isinstance(request, HttpRequest) else "/"
    return translated_path(path, language)


def translated_path(path: str, language: str) -> str:
    """Return `path` with the prefix of `language`; Polish, the default, has none.

    The prefix is swapped as text: resolving and reversing the URL costs 20 times as much. A
    path that would then begin with two slashes is escaped, since a browser reads it as a host.
    """
    for code, _name in settings.LANGUAGES:
        prefix = f"/{code}/"
        if code != settings.LANGUAGE_CODE and path.startswith(prefix):
            path = path[len(prefix) - 1 :]
            break
    path = escape_leading_slashes(path)
    return path if language == settings.LANGUAGE_CODE else f"/{language}{path}"


@register.simple_tag(takes_context=True)
def page_url(context: Context, language: str = "", path: str = "") -> str:
    """Return the absolute address of the page shown, or of `path`, without its query.

    In the active language unless another is named; the host is that of BASE_URL, never the
    request's.
    """
    if not path:
        request = context.get("request")
        path = request.path if isinstance(request, HttpRequest) else "/"
    code = language or get_language() or settings.LANGUAGE_CODE
    return f"{settings.BASE_URL}{translated_path(path, code)}"


@register.simple_tag(name="operator")
def operator_as_shown() -> Operator:
    """Return who runs the site, with name and address held together as texts are.

    Both are Polish words on an English page too.
    """
    shown = operator()
    return replace(shown, name=tie(shown.name, "pl"), address=tie(shown.address, "pl"))


@register.simple_tag
def panel_url() -> str:
    """Return the address of the Transaction Panel, "" while it is not open."""
    return settings.PANEL_URL


@register.simple_tag
def asks_phone_digits() -> bool:
    """Tell whether the sign-in asks for digits of the phone number: else no sentence says so."""
    return bool(settings.SIGN_IN_PHONE_DIGITS)


@register.simple_tag
def absolute_static(name: str) -> str:
    """Return the absolute address of a static file, for readers outside the site."""
    return urljoin(f"{settings.BASE_URL}/", static(name))


@register.filter
def breakable(text: str) -> SafeString:
    """Return the text as HTML, its e-mail addresses broken behind the @ where they must be."""
    words = (
        breakable_email(*word.rsplit("@", 1)) if "@" in word else word for word in text.split(" ")
    )
    return format_html_join(" ", "{}", ((word,) for word in words))


@register.filter
def as_date(version: str) -> date:
    """Return the date that a version of a text is named by: "2026-11-23"."""
    return date.fromisoformat(version)


@register.simple_tag
def input_attributes(field: BoundField) -> SafeString:
    """Return the attributes that the form gives a field's widget, `required`, and its ARIA ties.

    Written here because the loop over them in the template costs ten times as much. The id,
    name, type and value stay in the template.
    """
    attributes = dict(field.field.widget.attrs)
    described = [str(attributes.pop("aria-describedby", ""))]
    if field.help_text:
        described.append(f"{field.auto_id}_helptext")
    if field.errors:
        described.append(f"{field.auto_id}_error")
        attributes["aria-invalid"] = "true"
    attributes["required"] = _is_required(field)
    attributes["aria-describedby"] = " ".join(filter(None, described)) or None
    return _flat(tuple(attributes.items()))


def _is_required(field: BoundField) -> bool:
    """Tell whether an answer is needed, as the label says it; forms are novalidate all the same.

    Not in the second address, which counts only while its box is ticked.
    """
    is_optional = getattr(field.field, "is_optional", not field.field.required)
    is_asked = field.form.use_required_attribute and not field.name.startswith("corr_")
    return is_asked and not is_optional


@lru_cache(maxsize=512)
def _flat(attributes: tuple[tuple[str, str | int | bool | None], ...]) -> SafeString:
    """Return the attributes as HTML; a form class has the same ones each time."""
    return format_html_join(
        "",
        "{}",
        (
            (format_html(" {}" if value is True else ' {}="{}"', name, value),)
            for name, value in attributes
            if value is not None and value is not False
        ),
    )
