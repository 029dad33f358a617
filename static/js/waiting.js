/* Turn the page that waits for the activation link into the one of an active account, wherever
   the link was opened. Without this file a click on "check" or F5 shows the same. */
"use strict";

const FIRST_PAUSE = 3000;
const LONGEST_PAUSE = 8000;
const GROWTH = 1.1;
const GIVE_UP_AFTER = 60 * 60 * 1000;

// Speaks to screen readers, knows what is shown, and stays when the rest of <main> is exchanged.
const region = document.querySelector("[data-waiting]");
const main = document.getElementById("main");

// The same signs in both languages, and no plural to get right.
function clock(seconds) {
  const parts = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  while (parts.length > 1 && parts[0][0] === 0) {
    parts.shift();
  }
  return parts.map(([number, unit]) => `${number}\u00a0${unit}`).join(" ");
}

// The button is held back for as long as the server would refuse, and the words beside it count
// down. The end is a moment, not a number of ticks: a tab that slept wakes up right.
function countDown(hint) {
  const button = hint.closest("form").querySelector("button");
  const endsAt = Date.now() + Number(hint.dataset.wait) * 1000;
  button.disabled = true;

  function tick() {
    const seconds = Math.ceil((endsAt - Date.now()) / 1000);
    if (!hint.isConnected || seconds <= 0) {
      button.disabled = false;
      hint.remove();
      return;
    }
    hint.textContent = hint.dataset.waitWords.replace("{time}", clock(seconds));
    setTimeout(tick, 1000 - (Date.now() % 1000));
  }
  tick();
}

function countAllDown() {
  main.querySelectorAll("[data-wait]").forEach(countDown);
}

async function exchange() {
  const response = await fetch(location.href);
  if (!response.ok) {
    throw new Error(response.statusText);
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector("[data-waiting]");
  if (!fresh) {
    throw new Error("not the page that was asked for");
  }
  const hadFocus = main.contains(document.activeElement);
  const rest = [...fresh.parentElement.children].filter((element) => element !== fresh);
  for (const element of [...main.children]) {
    if (element !== region) {
      element.remove();
    }
  }
  main.prepend(...rest);
  region.dataset.active = fresh.dataset.active;
  document.title = page.title;
  countAllDown();
  region.textContent = main.querySelector("h1").textContent.trim();
  if (hadFocus) {
    main.focus();
  }
}

async function check() {
  const response = await fetch(region.dataset.stateUrl);
  if (!response.ok) {
    throw new Error(response.statusText);
  }
  const state = await response.json();
  if (String(state.active) !== region.dataset.active) {
    await exchange();
  }
}

if (region) {
  const began = Date.now();
  let pause = FIRST_PAUSE;
  let timer = 0;

  const isWaiting = () => main.querySelector('input[name="attempt"]') !== null;

  async function tick() {
    clearTimeout(timer);
    if (document.hidden || Date.now() - began > GIVE_UP_AFTER) {
      return;
    }
    try {
      await check();
    } catch {
      // A broken connection: the next turn asks again.
    }
    pause = Math.min(pause * GROWTH, LONGEST_PAUSE);
    if (isWaiting()) {
      timer = setTimeout(tick, pause);
    }
  }

  // A tab that nobody sees asks nothing; seen again, it asks at once.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && isWaiting()) {
      tick();
    }
  });
  countAllDown();
  timer = setTimeout(tick, pause);
}
