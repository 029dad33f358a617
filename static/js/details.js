/* Comforts of the step that asks for the details. The page works without this file. */
"use strict";

// What a company's tax number is called, and whether a postal code is needed, depends on the country;
// those of other countries have letters, which a phone must offer.
const words = document.querySelector("[data-country-words]")?.dataset;
for (const country of document.querySelectorAll('[data-field$="_country"] select')) {
  const code = country.closest("fieldset").querySelector('[data-field$="_postal_code"]');
  const nip = country.closest('[data-field="main_country"]') && document.querySelector('[data-field="nip"]');

  function follow() {
    const isPolish = country.value === "PL";
    const isNeeded = words.withCodes.split(" ").includes(country.value);
    const keyboard = isPolish ? "numeric" : "text";
    code.querySelector("input").inputMode = keyboard;
    code.querySelector("input").required = isNeeded && country.name.includes("main");
    holdStill(country, () => {
      code.querySelector(".optional")?.remove();
      if (!isNeeded) {
        const remark = document.createElement("span");
        remark.className = "optional";
        remark.textContent = words.optional;
        code.querySelector("label").append(" ", remark);
      }
      if (nip) {
        nip.querySelector("input").inputMode = keyboard;
        nip.querySelector("label").textContent = isPolish ? words.nip : words.taxNumber;
      }
    });
  }

  if (words) {
    country.addEventListener("change", follow);
    // The browser may bring back another country than the server wrote.
    addEventListener("pageshow", follow);
  }
}

// The server says which address was probably meant; here it is asked when the field is left.
const hint = document.querySelector("[data-email-hint]");
const email = document.querySelector('[data-field="email"] input');
if (hint && email) {
  const question = hint.querySelector("p");
  const button = hint.querySelector("button");
  const token = email.form.querySelector('input[name="csrfmiddlewaretoken"]');
  let asked = email.value;

  // No line breaks within the address: of a long one the beginning is cut, since the end is what was
  // mistyped.
  function write(element, sentence, address) {
    const [before, after] = sentence.split(address);
    const [local, domain] = address.split("@");
    const start = document.createElement("bdi");
    start.textContent = local;
    const whole = document.createElement("span");
    whole.className = "address";
    whole.append(start, `@${domain}${after}`);
    element.replaceChildren(before, whole);
  }

  function show({ address = "", question: asks = "", action = "" }) {
    hint.dataset.address = address;
    button.hidden = !address;
    if (address) {
      write(question, asks, address);
      write(button, action, address);
      // The halves of the address are boxes of their own, which a reader would part by a blank.
      button.setAttribute("aria-label", action);
    } else {
      question.replaceChildren();
      button.replaceChildren();
    }
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

  if (hint.dataset.address) {
    show({ address: hint.dataset.address, question: question.textContent, action: button.textContent });
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
