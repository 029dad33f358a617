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
    says.className = "notice";
    says.textContent = wait.textContent.trim();
    return;
  }
  if (!ok || !part) {
    throw new Error("The captcha did not come.");
  }
  const fresh = document.adoptNode(part);
  shown.replaceWith(fresh);
  // A summary that leads to a field which is gone is out of date.
  const links = [...document.querySelectorAll("#error-summary a")];
  if (links.some((link) => !document.getElementById(link.hash.slice(1)))) {
    document.getElementById("error-summary").remove();
  }
  const picture = fresh.querySelector("img");
  if (picture) {
    await picture.decode().catch(() => {});
  }
  fresh.querySelector("input").focus();
  says.className = "visually-hidden";
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
