"""Show the components from the site's own templates and forms, so that this page cannot drift."""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import RequestContext
from django.template.backends.django import Template
from django.template.loader import get_template, render_to_string
from django.template.loader_tags import BlockNode
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import passwords
from accounts.captcha import challenge
from accounts.captcha import picture as pictures
from accounts.forms import fields
from accounts.forms.registration import (
    CompanyForm,
    ConsentsForm,
    KindForm,
    PasswordForm,
)
from accounts.models import Kind
from accounts.passwords.assessment import ENOUGH_SCORE, INCOMPLETE_MESSAGES, MESSAGES
from accounts.registration import company_data
from accounts.registration.company_data import Outcome
from accounts.registration.order import ORDER
from accounts.registration.review import Row
from accounts.registration.steps import STEPS
from accounts.totp import codes, qr
from accounts.totp.services import State
from accounts.values.webmail import webmail_of
from accounts.views.waiting import wait_text
from kantor import error_pages

STYLESHEET = Path(settings.BASE_DIR) / "static" / "css" / "site.css"
CAPTCHA_KEY = "0" * 40
TOO_WEAK = "kantor2026"
APP_KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
PROPOSAL = "Sowa-Kajak-Brzoza-Mgła-47"
NO_TOKEN = {"csrf_token": "0" * 64}


class AnyForm(forms.Form):
    """Ask for one thing of each type."""

    text = forms.CharField(label="Miejscowość", widget=forms.TextInput(attrs={"size": "32"}))
    helped = forms.CharField(label="Kod pocztowy", help_text="Na przykład 00-950.")
    optional = fields.KrsField()
    email = fields.EmailField()
    phone = fields.PhoneField()
    country = fields.CountryField()
    secret = forms.CharField(label="Hasło", widget=forms.PasswordInput)
    source = forms.ChoiceField(
        label="Skąd wiesz o kantor.pl?", choices=[("", "Wybierz"), ("a", "Od znajomych")]
    )
    radio = forms.ChoiceField(
        label="Forma kontaktu",
        choices=[("a", "Telefon"), ("b", "E-mail")],
        widget=forms.RadioSelect,
    )
    box = forms.BooleanField(label="Chcę podać inny adres")


@never_cache
def styl(request: HttpRequest) -> HttpResponse:
    """Show the page."""
    named = partial("{}_%s".format)
    block = partial(_block, request)
    password = {
        "form": PasswordForm(auto_id=named("password")),
        "email": "jan@example.com",
        "captcha_key": CAPTCHA_KEY,
        "captcha_proof": "",
        "strength_url": "",
    }
    code = {"form": PasswordForm(auto_id=named("code"), code_sent=True), "code_sent": True}
    refused = CompanyForm({}, prefix="refused", auto_id=named("refused"))
    context = {
        "colours": _colours(),
        "any_form": AnyForm(auto_id=named("any")),
        "refused_any_form": AnyForm({}, auto_id=named("refused_any")),
        "kind": KindForm(auto_id=named("kind"))["kind"].as_field_group(),
        "chosen_kind": KindForm(
            initial={"kind": Kind.COMPANY}, prefix="chosen", auto_id=named("chosen")
        )["kind"].as_field_group(),
        "refused_kind": KindForm({}, prefix="refused", auto_id=named("refused_kind"))[
            "kind"
        ].as_field_group(),
        "summary": _summary(refused),
        "group": [_field(refused, name) for name in ("company_name", "nip", "regon")],
        "password": _own_picture(block("accounts/registration/haslo.html", "fields", password)),
        "consents": block(
            "accounts/registration/zgody.html",
            "fields",
            {"form": ConsentsForm(kind=Kind.PERSON, auto_id=named("consents"))},
        ),
        "codes": [
            _apart("captcha", code | {"email": "jan@example.com", "code_wait": 0}, "code-sent"),
            _apart("captcha", code | {"email": "jan@example.com", "code_wait": 3}, "code-waits"),
        ],
        "rules": [_rules(), _advice()],
        "proposal": _proposal(),
        "meters": list(_meters()),
        "app_states": [_app(left) for left in (None, 8, 2, 0)],
        "app_key": _app_key(),
        "recovery_codes": _recovery_codes(),
        "lookups": [_lookup(outcome) for outcome in (None, Outcome.ALL, Outcome.UNAVAILABLE)],
        "email_hints": [
            _apart("email_hint", {"email_suggestion": "jan@gmail.com"}, "hint"),
            _apart("email_correction", {"email_suggestion": "jan@gmail.com", **NO_TOKEN}, "review"),
        ],
        "waiting": [
            _waiting(),
            _waiting(email="jan@wp.pl", wait=180),
            _waiting(correction="sent", wait=180),
            _waiting(correction="held", wait=3600),
            _waiting(is_active=True),
        ],
        "progresses": [
            _repeated("progress", {"progress": list(_progress(number))})
            for number in range(len(ORDER))
        ],
        "data_groups": [
            _repeated("data_groups", {"groups": [_group("read-only")]}),
            _repeated("data_groups", {"groups": [_group("to-correct")], "edit_url": "?"}),
        ],
        "account_links": [
            _repeated("visitor", {}),
            _repeated("customer", NO_TOKEN),
        ],
        "faults": [
            fault for fault in vars(error_pages).values() if isinstance(fault, error_pages.Fault)
        ],
    }
    return render(request, "specimens/styl.html", context)


@require_safe
def picture(request: HttpRequest) -> HttpResponse:
    """Draw a captcha that nobody is asked for: the site shows real ones to their attempts only."""
    drawn = pictures.draw("".join(challenge.ALPHABET[:6]), CAPTCHA_KEY.encode())
    return HttpResponse(drawn, content_type="image/png")


def _own_picture(html: SafeString) -> SafeString:
    real = reverse("captcha-image", args=[CAPTCHA_KEY])
    return mark_safe(html.replace(real, reverse("specimens:picture")))  # noqa: S308  addresses of ours


def _block(
    request: HttpRequest, template_name: str, name: str, values: dict[str, Any]
) -> SafeString:
    """Return one block of a page of the site, by itself."""
    page = get_template(template_name)
    assert isinstance(page, Template)
    template = page.template
    nodes: list[Any] = template.nodelist.get_nodes_by_type(BlockNode)
    (node,) = (node for node in nodes if node.name == name)
    context = RequestContext(request, values)
    with context.render_context.push_state(template), context.bind_template(template):
        html: SafeString = node.render(context)
    return html


def _colours() -> list[str]:
    """Return the names of the colours, which are the properties with a value for each scheme."""
    css = STYLESHEET.read_text()
    dark = css.partition("prefers-color-scheme: dark")[2].partition("}")[0]
    return re.findall(r"--([a-z-]+): #", dark)


def _field(form: forms.Form, name: str) -> SafeString:
    field: BoundField = form[name]
    return field.as_field_group()


def _repeated(name: str, values: dict[str, Any]) -> SafeString:
    """Return a partial without its landmark: on a page of its own there is one of each name."""
    html: str = render_to_string(f"partials/{name}.html", values)
    html = re.sub(r"<(nav|section)\b", '<div role="group"', html)
    return mark_safe(re.sub(r"</(nav|section)>", "</div>", html))  # noqa: S308  a template of ours


def _group(slug: str) -> dict[str, Any]:
    rows = [
        Row("nip", "NIP", ["526-104-08-28"]),
        Row("company_name", "Nazwa", ["Żuraw sp.j. " * 9]),
        Row("main_address", "", ["Długa 12A/3", "31-147 Kraków"]),
    ]
    return {"slug": slug, "title": gettext("Company details"), "rows": rows}


def _summary(form: forms.Form) -> SafeString:
    """Return the error summary, without the pull that it has on the focus of its own page."""
    html: str = render_to_string("partials/error_summary.html", {"form": form})
    html = html.replace("autofocus", "").replace("error-summary", "error-summary specimen", 1)
    return mark_safe(html.replace('id="error-summary', 'id="specimen-summary'))  # noqa: S308  ours


def _meters() -> Iterator[SafeString]:
    """Yield the meter as the script leaves it at each score, also while a condition is missing."""
    for score, words in enumerate(MESSAGES):
        yield _meter(score, str(words))
    for score, words in enumerate(INCOMPLETE_MESSAGES[ENOUGH_SCORE:], ENOUGH_SCORE):
        yield _meter(score, str(words))


def _meter(score: int, words: str) -> SafeString:
    html: str = render_to_string("partials/password_meter.html")
    html = html.replace('data-score=""', f'data-score="{score}"')
    html = re.sub(r"(data-strength-text[^>]*>)", rf"\1{words}", html)
    return mark_safe(html)  # noqa: S308  a template of ours


def _apart(name: str, values: dict[str, Any], prefix: str) -> SafeString:
    """Return a partial whose ids, and what refers to them, are its own on this page."""
    html: str = render_to_string(f"partials/{name}.html", values)
    return mark_safe(  # noqa: S308  a template of ours
        re.sub(
            r'(\s(?:id|for|aria-labelledby|aria-describedby)=")([^"]+)',
            lambda tie: tie[1] + " ".join(f"{prefix}-{each}" for each in tie[2].split()),
            html,
        )
    )


def _rules() -> SafeString:
    """Return the list of conditions as the script leaves it: met, missing, not needed."""
    html = _apart("password_rules", {}, "judged")
    for rule, state in (
        ("length", 'data-met="true"'),
        ("lower", 'data-met="true"'),
        ("upper", 'data-met="false"'),
        ("special", 'data-met="false" data-waived="true"'),
        ("strength", 'data-met="true"'),
    ):
        html = SafeString(html.replace(f'data-rule="{rule}"', f'data-rule="{rule}" {state}'))
    return html


def _advice() -> SafeString:
    """Return what takes the place of that list when all of it is met and it is not enough."""
    html = _apart("password_rules", {}, "advised")
    advice = passwords.assess(TOO_WEAK, ()).verdict()["advice"]
    lines = "".join(f"<li>{sentence}</li>" for sentence in advice)
    html = SafeString(html.replace('class="password-rules"', 'class="password-rules" data-advises'))
    return mark_safe(re.sub(r"(data-strength-advice>)", rf"\1{lines}", html))  # noqa: S308  ours


def _proposal() -> SafeString:
    """Return the proposal as the script leaves it."""
    html = render_to_string("partials/password_proposal.html").replace(" hidden", "")
    return mark_safe(re.sub(r"(data-proposed>)", rf"\1{PROPOSAL}", html))  # noqa: S308  ours


def _app(recovery_codes_left: int | None) -> SafeString:
    """Return what an account says of its authenticator app; with None it has no app."""
    now = timezone.now()
    app = (
        None
        if recovery_codes_left is None
        else State(now, now if recovery_codes_left < 8 else None, recovery_codes_left)
    )
    return mark_safe(render_to_string("accounts/totp/summary.html", {"app": app}))  # noqa: S308  a template of ours


def _app_key() -> SafeString:
    uri = f"otpauth://totp/kantor.pl%3Ajan%40example.com?secret={APP_KEY}&issuer=kantor.pl"
    app = {"uri": uri, "key": codes.grouped(APP_KEY, " "), "qr": qr.svg(uri)}
    context = {"app": app, "email": "jan@example.com"}
    return mark_safe(render_to_string("accounts/totp/key.html", context))  # noqa: S308  a template of ours


def _recovery_codes() -> SafeString:
    """Return the recovery codes as the script leaves them, with their buttons."""
    shown = {"codes": [codes.grouped(letter * codes.RECOVERY_LENGTH) for letter in "ABCDEFGH"]}
    context = {"shown": shown, "email": "jan@example.com"}
    html = render_to_string("accounts/totp/codes.html", context)
    return mark_safe(re.sub(r"\shidden\b", "", html))  # noqa: S308  a template of ours


def _lookup(outcome: Outcome | None) -> SafeString:
    message = company_data.MESSAGES.get(outcome, "")
    shown = {"name": company_data.BUTTON, "is_polish": True, "message": message}
    prefix = f"lookup-{outcome or 'new'}"[:10]
    nip = CompanyForm(prefix=prefix)["nip"]
    return _apart("company_lookup", {"field": nip, "lookup": shown, "url": ""}, prefix)


def _waiting(
    *, email: str = "jan@example.com", correction: str = "", wait: int = 0, is_active: bool = False
) -> SafeString:
    """Return what the waiting page says of one registration."""
    webmail = webmail_of(email)
    html: str = render_to_string(
        "partials/waiting.html",
        {
            "registration": {
                "email": email,
                "attempt": "0" * 32,
                "is_active": is_active,
                "correction": correction,
                "webmail_name": webmail.name if webmail else "",
                "webmail_url": webmail.url if webmail else "",
                "wait_text": wait_text(timedelta(seconds=wait)),
                "wait_seconds": wait,
            },
            "expires_hours": settings.ACTIVATION_LINK_HOURS,
            **NO_TOKEN,
        },
    )
    return mark_safe(html)  # noqa: S308  a template of ours


def _progress(current: int) -> Iterator[dict[str, Any]]:
    for number, step in enumerate(ORDER):
        state = "current" if number == current else "done" if number < current else "todo"
        yield {"label": STEPS[step].label, "state": state, "url": "#" if state == "done" else None}
