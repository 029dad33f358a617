/* Comforts of the step that asks for the details. The page works without this file. */
"use strict";

// Tax numbers and postal codes of other countries have letters: a phone must offer them.
for (const country of document.querySelectorAll('[data-field$="_country"] select')) {
  const group = country.closest("fieldset");
  const codes = [group.querySelector('[data-field$="_postal_code"] input')];
  if (country.closest('[data-field="main_country"]')) {
    codes.push(document.querySelector('[data-field="nip"] input'));
  }

  function chooseKeyboard() {
    for (const code of codes.filter(Boolean)) {
      code.inputMode = country.value === "PL" ? "numeric" : "text";
    }
  }

  country.addEventListener("change", chooseKeyboard);
  // The browser may bring back another country than the server wrote.
  addEventListener("pageshow", chooseKeyboard);
}

// The server says which address was probably meant; here it is asked when the field is left.
const hint = document.querySelector("[data-email-hint]");
const email = document.querySelector('[data-field="email"] input');
if (hint && email) {
  const question = hint.querySelector("p");
  const button = hint.querySelector("button");
  const token = email.form.querySelector('input[name="csrfmiddlewaretoken"]');
  let asked = email.value;

  function show(answer) {
    question.textContent = answer.question || "";
    button.textContent = answer.action || "";
    button.hidden = !answer.address;
    hint.dataset.address = answer.address || "";
  }

  async function ask() {
    const typed = email.value;
    if (typed === asked) {
      return;
    }
    asked = typed;
    let answer = {};
    try {
      const response = await fetch(hint.dataset.emailHint, {
        method: "POST",
        body: new URLSearchParams({ email: typed }),
        headers: { "X-CSRFToken": token ? token.value : "", Accept: "application/json" },
        cache: "no-store",
        redirect: "error",
      });
      answer = response.ok ? await response.json() : {};
    } catch {
      // Whoever gets no hint here gets it on the next page.
    }
    if (asked === typed) {
      show(answer);
    }
  }

  email.addEventListener("change", ask);
  addEventListener("pageshow", ask);
  button.addEventListener("click", (event) => {
    event.preventDefault();
    email.value = hint.dataset.address;
    asked = email.value;
    email.dispatchEvent(new Event("filled", { bubbles: true }));
    show({});
    email.focus();
  });
}
