/* Sign in, confirm or add with a passkey: the server makes the challenge when it is needed and
   verifies the answer. Without this file the form stays hidden. */
"use strict";

(() => {
  if (!window.PublicKeyCredential) {
    return;
  }
  // Milliseconds: a challenge that waits among the logins lives for five minutes.
  const RENEW_EVERY = 4 * 60 * 1000;
  const REASONS = { NotAllowedError: "cancelled", InvalidStateError: "known" };
  const form = document.querySelector("form[data-passkey]");
  let pending;

  function toBytes(text) {
    const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  }

  function toText(bytes) {
    const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
    return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  }

  async function ask(mediation) {
    // A browser takes one request at a time.
    pending?.abort();
    pending = new AbortController();
    const { signal } = pending;
    const publicKey = await (await fetch(form.dataset.options, { signal })).json();
    const { user = { id: "" }, allowCredentials = [], excludeCredentials = [] } = publicKey;
    publicKey.challenge = toBytes(publicKey.challenge);
    for (const named of [user, ...allowCredentials, ...excludeCredentials]) {
      named.id = toBytes(named.id);
    }
    const made = await navigator.credentials[form.dataset.passkey]({ publicKey, signal, mediation });
    const { id, type, response } = made;
    const parts = { transports: response.getTransports?.() };
    for (const name in response) {
      if (response[name]?.byteLength) {
        parts[name] = toText(response[name]);
      }
    }
    form.elements.passkey.value = JSON.stringify({ id, rawId: id, type, response: parts });
    form.submit();
  }

  async function wait() {
    const login = document.querySelector('[autocomplete~="webauthn"]');
    if (login && !form.ariaBusy && (await PublicKeyCredential.isConditionalMediationAvailable?.())) {
      ask("conditional").catch(() => {});
    }
  }

  if (form) {
    const status = form.querySelector('[role="status"]');
    form.hidden = false;
    document.querySelector("[data-passkey-absent]")?.remove();
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (form.ariaBusy) {
        return;
      }
      form.ariaBusy = "true";
      status.textContent = "";
      await ask().catch(({ name }) => {
        status.textContent = status.dataset[REASONS[name]] ?? status.dataset.failed;
        form.ariaBusy = null;
        wait();
      });
    });
    wait();
    setInterval(wait, RENEW_EVERY);
  }

  // Browsers that understand this no longer offer what was removed here.
  const list = document.querySelector("[data-passkeys-known]")?.dataset.passkeysKnown;
  if (list) {
    PublicKeyCredential.signalAllAcceptedCredentials?.(JSON.parse(list)).catch(() => {});
  }
})();
