/* Show the strength of a new password while it is typed, the password itself on demand, and one
   to choose. The verdict is the server's: the same code judges the form. Nothing is kept here. */
"use strict";

(() => {
  const PAUSE_MILLISECONDS = 300;
  // Shown at once, spoken only when the typing has come to rest.
  const REST_MILLISECONDS = 1200;
  const NEW_PASSWORDS = 'input[autocomplete="new-password"]';

  function asking(form, body) {
    const token = form.querySelector('input[name="csrfmiddlewaretoken"]');
    return {
      method: "POST",
      body: new URLSearchParams(body),
      headers: { "X-CSRFToken": token ? token.value : "", Accept: "application/json" },
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
    };
  }

  function watch(root) {
    const input = root.querySelector(NEW_PASSWORDS);
    const form = input && input.form;
    if (!form) {
      return;
    }
    const meter = form.querySelector("[data-strength-meter]");
    const text = form.querySelector("[data-strength-text]");
    const said = form.querySelector("[data-strength-said]");
    const advice = form.querySelector("[data-strength-advice]");
    const rules = form.querySelector("[data-met-words]");
    const items = form.querySelectorAll("[data-rule]");
    let timer;
    let speaking;
    let request;

    function say(message) {
      text.textContent = message;
      clearTimeout(speaking);
      // A live region speaks each time it is written to, even with the same words.
      speaking = setTimeout(() => {
        if (said.textContent !== message) {
          said.textContent = message;
        }
      }, REST_MILLISECONDS);
    }

    // To whoever shows an error at the password.
    function tell(isRight) {
      input.dispatchEvent(new CustomEvent("judged", { bubbles: true, detail: isRight }));
    }

    function clear() {
      meter.dataset.score = "";
      say("");
      advice.replaceChildren();
      rules.removeAttribute("data-advises");
      for (const item of items) {
        delete item.dataset.met;
        delete item.dataset.waived;
        item.querySelector("[data-rule-state]").textContent = "";
      }
    }

    function show(verdict) {
      meter.dataset.score = verdict.score;
      for (const item of items) {
        // The last point is the strength, which is judged apart: 2 of 0 to 4 is moderate.
        const met = verdict.rules[item.dataset.rule] ?? verdict.score >= 2;
        // A strong passphrase may lack kinds of characters; the item is neither kept nor missing.
        const waived = verdict.enough && !met;
        item.dataset.met = met;
        item.dataset.waived = waived;
        const words = met ? rules.dataset.metWords : rules.dataset.missingWords;
        item.querySelector("[data-rule-state]").textContent = waived ? "" : words;
      }
      // Whoever keeps the list and is refused all the same reads why, in the list's place; so does
      // whoever lacks kinds of characters that alone would not make a weak password better.
      const isKept = [...items].every(({ dataset }) => dataset.met === "true" || dataset.rule === "strength");
      const isWeak = verdict.rules.length && !verdict.rules.strength;
      rules.toggleAttribute("data-advises", !verdict.enough && (isKept || isWeak));
      advice.replaceChildren(
        ...verdict.advice.map((sentence) => {
          const line = document.createElement("li");
          line.textContent = sentence;
          return line;
        })
      );
      say(verdict.message);
      tell(verdict.enough);
    }

    async function judge() {
      if (request) {
        request.abort();
      }
      if (!input.value) {
        clear();
        tell(false);
        return;
      }
      const current = new AbortController();
      request = current;
      try {
        const asked = asking(form, { password: input.value });
        const response = await fetch(root.dataset.strengthUrl, { ...asked, signal: current.signal });
        if (!response.ok) {
          throw new Error(response.statusText);
        }
        const verdict = await response.json();
        if (request === current) {
          show(verdict);
        }
      } catch {
        // Whoever has no meter loses nothing: the form is judged again when it is sent.
        if (request === current) {
          clear();
        }
      }
    }

    // An answer on its way is about a password that is no longer there.
    function stop() {
      clearTimeout(timer);
      clearTimeout(speaking);
      if (request) {
        request.abort();
        request = null;
      }
    }

    function typed() {
      stop();
      timer = setTimeout(judge, input.value ? PAUSE_MILLISECONDS : 0);
    }

    clear();
    input.dataset.judged = "";
    input.addEventListener("input", typed);
    // What is sent is judged there, and may be no longer to be judged here.
    form.addEventListener("submit", stop);
    // The browser may bring the field back filled.
    addEventListener("pageshow", () => {
      if (input.value) {
        typed();
      }
    });
  }

  function offerToShow(button) {
    const input = document.getElementById(button.dataset.togglePassword);
    if (!input) {
      return;
    }

    const showLabel = button.getAttribute("aria-label");

    function set(visible) {
      input.type = visible ? "text" : "password";
      button.textContent = visible ? button.dataset.hide : button.dataset.show;
      button.setAttribute("aria-label", visible ? button.dataset.hideLabel : showLabel);
    }

    button.type = "button";
    button.hidden = false;
    button.setAttribute("aria-controls", input.id);
    button.addEventListener("click", () => set(input.type === "password"));
    // Sent as plain text it could be offered again as a form entry; left open it could be read.
    if (input.form) {
      input.form.addEventListener("submit", () => set(false));
    }
    addEventListener("pagehide", () => set(false));
  }

  // What cannot copy shows no button: plain http, an old browser.
  function offerToCopy(row) {
    const words = document.querySelector("[data-proposed]");
    const copied = row.querySelector("[data-copied]");
    if (!words || !navigator.clipboard) {
      return;
    }

    function set() {
      row.hidden = !words.textContent;
      copied.textContent = "";
    }

    set();
    new MutationObserver(set).observe(words, { childList: true });
    row.querySelector("[data-copy]").addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(words.textContent);
        copied.textContent = copied.dataset.words;
      } catch {
        row.hidden = true;
      }
    });
  }

  // A proposal goes into both fields and is shown until they are changed or sent. When the server
  // cannot be asked like this, the button does what it does without this file.
  function offerProposals(button) {
    const fields = document.querySelectorAll(NEW_PASSWORDS);
    const shown = document.querySelector("[data-proposal]");
    const words = document.querySelector("[data-proposed]");

    function forget() {
      shown.hidden = true;
      words.textContent = "";
    }

    button.addEventListener("click", async (event) => {
      event.preventDefault();
      if (button.hasAttribute("aria-disabled")) {
        return;
      }
      button.setAttribute("aria-disabled", "true");
      try {
        const response = await fetch(button.form.action, asking(button.form, {}));
        if (!response.ok) {
          throw new Error(response.statusText);
        }
        const { password } = await response.json();
        for (const field of fields) {
          field.value = password;
          field.dispatchEvent(new Event("input", { bubbles: true }));
          field.dispatchEvent(new Event("filled", { bubbles: true }));
        }
        words.textContent = password;
        shown.hidden = false;
      } catch {
        button.form.submit();
      } finally {
        button.removeAttribute("aria-disabled");
      }
    });
    for (const field of fields) {
      field.addEventListener("input", () => {
        if (field.value !== words.textContent) {
          forget();
        }
      });
      field.form.addEventListener("submit", forget);
    }
    addEventListener("pagehide", forget);
  }

  document.querySelectorAll("[data-strength-url]").forEach(watch);
  document.querySelectorAll("[data-toggle-password]").forEach(offerToShow);
  document.querySelectorAll("[data-propose]").forEach(offerProposals);
  document.querySelectorAll("[data-copying]").forEach(offerToCopy);
})();
