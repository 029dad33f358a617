/* Fill in a company's details without leaving the page, by the button or by Enter in the NIP. Only
   empty fields are filled, and those that the register filled for another NIP and nobody changed;
   whatever was typed stays here. Without this file the form is sent and comes back filled. */
"use strict";

(() => {
  const root = document.querySelector("[data-company-lookup]");
  const button = root && root.querySelector("button");
  const form = button && button.form;
  if (!form) {
    return;
  }
  const says = root.querySelector(".company-lookup-says");
  const status = says.querySelector('[role="status"]');
  const token = form.querySelector('input[name="csrfmiddlewaretoken"]');
  const country = control("main_country");
  const nip = control("nip");
  // What the register gave, by the names of the fields, and for which number.
  let fetched = new Map();
  let fetchedFor = "";

  function control(name) {
    return form.querySelector(`[data-field="${name}"] :is(input, select)`);
  }

  function offer() {
    holdStill(country, () => {
      button.hidden = says.hidden = country.value !== "PL";
    });
  }

  function isFetched(name, input) {
    return fetched.has(name) && fetched.get(name) === input.value;
  }

  // What was typed, by the names that fields have everywhere, without the form's prefix.
  function typed() {
    const answers = new URLSearchParams();
    for (const field of form.querySelectorAll("[data-field]")) {
      const name = field.dataset.field;
      const input = control(name);
      if (input && (name.startsWith("main_") || field.closest("#company"))) {
        answers.append(name, isFetched(name, input) ? "" : input.value);
      }
    }
    return answers;
  }

  async function ask() {
    const response = await fetch(root.dataset.companyLookup, {
      method: "POST",
      body: typed(),
      headers: { "X-CSRFToken": token ? token.value : "", Accept: "application/json" },
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
    });
    if (!response.ok) {
      throw new Error(response.statusText);
    }
    return response.json();
  }

  function set(input, value) {
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("filled", { bubbles: true }));
  }

  // Two companies must not mix: what came for another number goes, whatever the answer to this one.
  function empty() {
    for (const [name, value] of fetched) {
      const input = control(name);
      if (input.value === value) {
        set(input, "");
      }
    }
    fetched = new Map();
  }

  function fill(values, number) {
    const digits = number.replace(/\D/g, "");
    if (digits !== fetchedFor) {
      empty();
    }
    fetchedFor = digits;
    for (const [name, value] of Object.entries(values)) {
      const input = control(name);
      if (input && (!input.value.trim() || isFetched(name, input))) {
        set(input, value);
        fetched.set(name, input.value);
      }
    }
  }

  async function look() {
    button.setAttribute("aria-disabled", "true");
    root.setAttribute("aria-busy", "true");
    // A live region speaks when its words change.
    status.textContent = status.dataset.busy;
    const asked = nip.value;
    let found;
    try {
      found = await ask();
    } catch {
      found = { values: {}, message: status.dataset.failed, isLost: true };
    }
    root.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
    if (found.invalid) {
      // The page that comes shows the error where every other error of a NIP is shown.
      status.textContent = "";
      form.requestSubmit(button);
      return;
    }
    fill(found.values, asked);
    if (!found.isLost && nip.value === asked) {
      nip.dispatchEvent(new Event("filled", { bubbles: true }));
    }
    status.textContent = found.message;
  }

  button.addEventListener("click", (event) => {
    event.preventDefault();
    if (!button.hasAttribute("aria-disabled")) {
      look();
    }
  });
  // Here it is known in which field Enter is typed: in all others it is Next.
  form.querySelector('[name="wizard_enter"]')?.removeAttribute("name");
  nip.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing && !button.hidden) {
      event.preventDefault();
      button.click();
    }
  });
  country.addEventListener("change", offer);
  addEventListener("pageshow", offer);
})();
