/* Show the strength of a new password while it is typed, and the password itself on demand.
   The verdict is the server's: the same code judges the form. Nothing is kept here. */
"use strict";

(() => {
  const PAUSE_MILLISECONDS = 300;

  function watch(root) {
    const selector = 'input[autocomplete="new-password"]';
    const input = root.matches("input") ? root : root.querySelector(selector);
    const form = input && input.form;
    if (!form) {
      return;
    }
    const token = form.querySelector('input[name="csrfmiddlewaretoken"]');
    const meter = form.querySelector("[data-strength-meter]");
    const text = form.querySelector("[data-strength-text]");
    const advice = form.querySelector("[data-strength-advice]");
    const items = form.querySelectorAll("[data-rule]");
    let timer;
    let request;

    // A live region speaks each time it is written to, even with the same words.
    function say(message) {
      if (text && text.textContent !== message) {
        text.textContent = message;
      }
    }

    function clear() {
      if (meter) {
        meter.hidden = true;
        meter.dataset.score = "";
      }
      say("");
      if (advice) {
        advice.replaceChildren();
      }
      for (const item of items) {
        delete item.dataset.met;
        delete item.dataset.waived;
      }
    }

    function show(verdict) {
      if (meter) {
        meter.dataset.score = verdict.score;
        if (meter instanceof HTMLMeterElement) {
          meter.value = verdict.score;
        }
        meter.hidden = false;
      }
      for (const item of items) {
        const met = verdict.rules[item.dataset.rule] === true;
        item.dataset.met = met;
        // A strong passphrase may lack kinds of characters; the item is neither kept nor missing.
        item.dataset.waived = verdict.enough && !met;
      }
      if (advice) {
        advice.replaceChildren(
          ...verdict.advice.map((sentence) => {
            const line = document.createElement("li");
            line.textContent = sentence;
            return line;
          })
        );
      }
      say(verdict.message);
    }

    async function judge() {
      if (request) {
        request.abort();
      }
      if (!input.value) {
        clear();
        return;
      }
      const current = new AbortController();
      request = current;
      try {
        const response = await fetch(root.dataset.strengthUrl, {
          method: "POST",
          body: new URLSearchParams({ password: input.value }),
          headers: { "X-CSRFToken": token ? token.value : "", Accept: "application/json" },
          credentials: "same-origin",
          cache: "no-store",
          redirect: "error",
          signal: current.signal,
        });
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

    function typed() {
      clearTimeout(timer);
      // An answer on its way is about a password that is no longer there.
      if (request) {
        request.abort();
        request = null;
      }
      timer = setTimeout(judge, input.value ? PAUSE_MILLISECONDS : 0);
    }

    clear();
    input.addEventListener("input", typed);
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

    function set(visible) {
      input.type = visible ? "text" : "password";
      button.textContent = visible ? button.dataset.hideLabel : button.dataset.showLabel;
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

  document.querySelectorAll("[data-strength-url]").forEach(watch);
  document.querySelectorAll("[data-toggle-password]").forEach(offerToShow);
})();
