/* Small comforts for forms. Every page works without this file. */
"use strict";

// The server puts the error summary first; a browser that ignores autofocus gets told here.
const summary = document.getElementById("error-summary");
if (summary) {
  summary.focus();
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

// A new captcha picture without leaving the page: what was typed beside it stays. Whatever goes
// wrong, the button does what it does without this file.
const picture = document.querySelector(".captcha img");
const renew = document.querySelector('button[name="new_captcha"]');
if (picture && renew) {
  const form = renew.form;
  const announcement = document.querySelector("[data-new-picture]");
  let fallback = false;
  renew.addEventListener("click", async (event) => {
    if (fallback) {
      return;
    }
    event.preventDefault();
    const body = new URLSearchParams({ [renew.name]: renew.value });
    for (const hidden of form.querySelectorAll('input[type="hidden"]')) {
      body.append(hidden.name, hidden.value);
    }
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      picture.src = page.querySelector(".captcha img").getAttribute("src");
      const code = form.querySelector('input[name$="-captcha"]');
      code.value = "";
      code.focus();
      announcement.textContent = announcement.dataset.newPicture;
    } catch {
      fallback = true;
      renew.click();
    }
  });
}

// Switching the language in the middle of a step takes along what was not sent yet.
const wizard = document.querySelector("form.wizard-form");
if (wizard) {
  for (const link of document.querySelectorAll(".languages a")) {
    link.addEventListener("click", (event) => {
      if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
        return;
      }
      event.preventDefault();
      const language = document.createElement("input");
      language.type = "hidden";
      language.name = "wizard_language";
      language.value = link.hreflang;
      wizard.append(language);
      wizard.submit();
    });
  }
}
