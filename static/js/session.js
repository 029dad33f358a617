/* Warn two minutes before the session ends, in every tab. The server alone knows when: a request of
   any tab prolongs it. Without this file the sign-in says that it has expired. */
"use strict";

(() => {
  const dialog = document.querySelector("dialog[data-left]");
  if (!dialog?.showModal || !window.BroadcastChannel) {
    return;
  }
  const WARNING = 120;
  const title = dialog.querySelector("h2");
  const form = dialog.querySelector("form");
  const tabs = new BroadcastChannel("session");
  let due;
  let timer;

  function lookIn(seconds) {
    clearTimeout(timer);
    timer = setTimeout(look, seconds * 1000);
    due = Date.now() + seconds * 1000;
  }

  function show({ left, isLast }) {
    if (!left) {
      // Not reload(): it would post again.
      location.assign(location.pathname + location.search);
    } else if (left > WARNING) {
      dialog.close();
      lookIn(left - WARNING);
    } else {
      const isSoon = left > WARNING / 2;
      title.textContent = isSoon ? title.dataset.soon : title.dataset.now;
      form.hidden = isLast;
      dialog.querySelector("[data-last]").hidden = !isLast;
      if (!dialog.open) {
        dialog.showModal();
      }
      lookIn(isSoon ? left - WARNING / 2 : left);
    }
  }

  async function look(options) {
    const headers = { Accept: "application/json" };
    try {
      show(await (await fetch(dialog.dataset.url, { ...options, headers })).json());
    } catch {
      lookIn(10);
    }
  }

  async function stay(event) {
    event.preventDefault();
    await look({ method: "POST", body: new FormData(form) });
    tabs.postMessage("");
  }

  form.addEventListener("submit", stay);
  dialog.addEventListener("cancel", stay);
  tabs.onmessage = () => dialog.open && look();
  // A tab that slept may be late.
  for (const name of ["pageshow", "visibilitychange"]) {
    addEventListener(name, () => Date.now() > due && look());
  }
  tabs.postMessage("");
  lookIn(dialog.dataset.left - WARNING);
})();
