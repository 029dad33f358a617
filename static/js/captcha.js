/* The captcha's buttons without leaving the page, so that the typed passwords stay. Whatever goes
   wrong, they do what they do without this file. */
"use strict";

const says = document.querySelector("[data-captcha-says]");
const captchaForm = says && says.closest("form");
const SPOKEN = {
  new_captcha: "newCaptcha",
  send_code: "sendCode",
  use_picture: "usePicture",
};

async function answerOf(button) {
  const body = new URLSearchParams({ [button.name]: button.value });
  for (const hidden of captchaForm.querySelectorAll('input[type="hidden"]')) {
    body.append(hidden.name, hidden.value);
  }
  const response = await fetch(captchaForm.action, { method: "POST", body });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { ok: response.ok, wait: page.querySelector("[data-wait]"), part: page.getElementById("captcha") };
}

async function exchange(button) {
  const { ok, wait, part } = await answerOf(button);
  const shown = document.getElementById("captcha");
  if (!ok && wait) {
    // Seen where the hint stands, so that nothing moves.
    says.textContent = wait.textContent.trim();
    const hint = shown.querySelector(".hint");
    hint.style.minBlockSize = `${hint.offsetHeight}px`;
    hint.textContent = says.textContent;
    return;
  }
  if (!ok || !part) {
    throw new Error("The captcha did not come.");
  }
  // A message about a field that goes is out of date, and the buttons below stay where they are.
  shown.querySelector("input").dispatchEvent(new CustomEvent("judged", { bubbles: true, detail: true }));
  const fresh = document.adoptNode(part);
  fresh.style.minBlockSize = `${shown.offsetHeight}px`;
  const error = shown.querySelector(".field-error");
  const field = fresh.querySelector(".field");
  if (error && field.dataset.field === error.parentElement.dataset.field) {
    field.dataset.right = "";
    field.querySelector("label").after(error);
  }
  shown.replaceWith(fresh);
  const picture = fresh.querySelector("img");
  if (picture) {
    await picture.decode().catch(() => {});
  }
  fresh.querySelector("input").focus();
  says.textContent = says.dataset[SPOKEN[button.name]];
}

if (captchaForm) {
  captchaForm.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button || !(button.name in SPOKEN)) {
      return;
    }
    event.preventDefault();
    if (button.hasAttribute("aria-disabled")) {
      return;
    }
    button.setAttribute("aria-disabled", "true");
    // Emptied first: the same words written again would not be spoken.
    says.textContent = "";
    try {
      await exchange(button);
      button.removeAttribute("aria-disabled");
    } catch {
      button.removeAttribute("aria-disabled");
      captchaForm.requestSubmit(button);
    }
  });
}
