/* Small comforts for forms. Every page works without this file. */
"use strict";

// The server puts the error summary first; a browser that ignores autofocus gets told here.
const summary = document.getElementById("error-summary");
if (summary) {
  summary.focus();
}

// Change something further up, and leave everything below it where it is seen: somebody may be about
// to press it.
function holdStill(anchor, change) {
  const root = document.documentElement;
  root.style.overflowAnchor = "none";
  const before = anchor.getBoundingClientRect().top;
  change();
  scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
  root.style.overflowAnchor = "";
}

// A pressed button looks busy, and a second press within a few seconds does nothing. The state
// ends by itself and when the page comes back from the history: a broken connection must never
// take the form away. Buttons stay enabled, since a disabled one would not be sent.
const BUSY_MILLISECONDS = 6000;

function release(form) {
  delete form.dataset.busy;
  form.removeAttribute("aria-busy");
  for (const button of form.querySelectorAll("button[aria-disabled]")) {
    button.removeAttribute("aria-disabled");
  }
}

for (const form of document.querySelectorAll("form[data-submit-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.busy) {
      event.preventDefault();
      return;
    }
    form.dataset.busy = "true";
    form.setAttribute("aria-busy", "true");
    if (event.submitter) {
      event.submitter.setAttribute("aria-disabled", "true");
    }
    setTimeout(release, BUSY_MILLISECONDS, form);
  });
}

addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-submit-once]").forEach(release);
});

// Where the stylesheet's :has() is unknown, the second address is shown and hidden here.
const other = document.querySelector('[data-field="other_address"] input');
const correspondence = document.getElementById("correspondence");
if (other && correspondence && !CSS.supports("selector(:has(a))")) {
  const show = () => correspondence.classList.toggle("correspondence-off", !other.checked);
  other.addEventListener("change", show);
  show();
}

// Switching the language in the middle of a step takes along what was not sent yet. A step as it
// came from the server is simply opened in the other language, with its errors.
const wizard = document.querySelector("form.wizard-form");
if (wizard) {
  function isChanged(control) {
    if (control.matches("option")) {
      return control.selected !== control.defaultSelected;
    }
    if (control.matches('[type="checkbox"], [type="radio"]')) {
      return control.checked !== control.defaultChecked;
    }
    return control.value !== control.defaultValue;
  }

  for (const link of document.querySelectorAll(".languages a[hreflang]")) {
    link.addEventListener("click", (event) => {
      const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
      if (!isPlain || ![...wizard.querySelectorAll("input, option")].some(isChanged)) {
        return;
      }
      event.preventDefault();
      const language = document.createElement("input");
      language.type = "hidden";
      language.name = "wizard_language";
      language.value = link.hreflang;
      wizard.append(language);
      wizard.submit();
      // What is sent is settled; a page that comes back from the history must not send it again.
      language.remove();
    });
  }
}
