/* Move about the staff's pages by single keys. Nothing is sent: Enter is the browser's own. */
"use strict";

(() => {
  const TYPED_IN = "input:not([type=checkbox], [type=radio], [type=submit]), textarea, select";
  const SEARCH = "#desk-words, #searchbar";
  const NEXT = "#take-next";
  const dialog = document.getElementById("keys");
  const desk = document.querySelector("#site-name a");

  function places() {
    const rows = [...document.querySelectorAll("#result_list tbody tr, .desk-cases > li")]
      .map((row) => row.querySelector("a[href]"))
      .filter(Boolean);
    return rows.length ? rows : [...document.querySelectorAll(".case summary, .case-records > h2")];
  }

  function move(step) {
    const all = places();
    const now = all.indexOf(document.activeElement);
    const next = all[Math.min(Math.max(now + step, 0), all.length - 1)];
    if (!next) return;
    // A heading takes the focus from here only.
    if (next.tagName === "H2") next.tabIndex = -1;
    next.focus();
  }

  function hasTyped() {
    return [...document.querySelectorAll(`#content :is(${TYPED_IN})`)]
      .some((field) => field.defaultValue !== undefined && field.value !== field.defaultValue);
  }

  // To what only the first page may have: there, if it has it for this person, and unless
  // something typed would be lost.
  function reach(selector, place, isThere) {
    const found = document.querySelector(selector);
    if (found) found.focus();
    else if (isThere && !hasTyped()) location.assign(`${desk.href}${place}`);
  }

  const keys = {
    "/": () => reach(SEARCH, "#desk-words", "searches" in dialog.dataset),
    j: () => move(1),
    k: () => move(-1),
    n: () => reach(NEXT, NEXT, "takes" in dialog.dataset),
    "?": () => dialog.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    const isOurs = !(event.ctrlKey || event.altKey || event.metaKey || event.isComposing);
    const action = Object.hasOwn(keys, event.key) && keys[event.key];
    if (!action || !isOurs || dialog.open || event.target.closest(TYPED_IN)) return;
    event.preventDefault();
    action();
  });

  if (location.hash) document.querySelector(`${NEXT}:target, #desk-words:target`)?.focus();
})();
