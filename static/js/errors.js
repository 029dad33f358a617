/* A red message goes when its value is right, and comes back when it is wrong again; the summary
   follows. What is right the server says, by the code that refused the form; where it cannot say
   so before the form is sent, any other answer takes the message away. Nothing moves: a message
   that goes leaves its place, for somebody may be about to press what stands below it. Whoever
   takes up another field has just pressed what he wanted: then the places go, and that field stays
   where it is. */
"use strict";

(() => {
  const PAUSE_MILLISECONDS = 300;
  const summary = document.getElementById("error-summary");
  const form = document.querySelector(".field-error")?.closest("form");
  if (!summary || !form) {
    return;
  }
  const fields = [...form.querySelectorAll(".field-error")].map(read);
  let timer;
  let asked = 0;
  // Pixels below the summary that its lines have left.
  let left = 0;

  function read(error) {
    const root = error.closest("[data-field]");
    const controls = [...root.querySelectorAll("input, select, textarea")];
    const ids = controls.map((control) => `#${control.id}`);
    return {
      error,
      root,
      controls,
      line: [...summary.querySelectorAll("li")].find((line) => ids.includes(line.querySelector("a")?.hash)),
    };
  }

  function mark(field, isRight) {
    const { root, error, controls, line } = field;
    root.toggleAttribute("data-right", isRight);
    for (const control of controls) {
      const others = (control.getAttribute("aria-describedby") || "").split(" ").filter((id) => id && id !== error.id);
      control.setAttribute("aria-describedby", (isRight ? others : [...others, error.id]).join(" "));
      if (isRight) {
        control.removeAttribute("aria-invalid");
      } else {
        control.setAttribute("aria-invalid", "true");
      }
    }
    if (line) {
      line.hidden = isRight;
    }
  }

  function follow() {
    const isDone = [...summary.querySelectorAll("li")].every((line) => line.hidden);
    // Whoever is typing does not want to hear the rest of the list at each word.
    summary.removeAttribute("role");
    summary.querySelector("h2").textContent = summary.dataset.rest;
    summary.style.visibility = isDone ? "hidden" : "";
    summary.hidden &&= isDone;
    if (isDone) {
      document.title = document.title.replace(summary.dataset.titlePrefix, "");
      away.observe(summary);
    }
  }

  // The box is as high as its lines; what it was higher before stands empty below it.
  function keepPlace(change) {
    const before = summary.offsetHeight;
    change();
    leave(Math.max(0, left + before - summary.offsetHeight));
  }

  function leave(pixels) {
    left = pixels;
    const { marginBlockStart } = getComputedStyle(summary.nextElementSibling);
    summary.style.marginBlockEnd = pixels ? `calc(${pixels}px + ${marginBlockStart})` : "";
  }

  // Change the layout unless this control would move: near the top of a page nothing can be scrolled.
  function changeUnder(control, change, undo) {
    const before = control.getBoundingClientRect().top;
    holdStill(control, change);
    if (Math.abs(control.getBoundingClientRect().top - before) > 1) {
      undo();
      scrollBy({ top: control.getBoundingClientRect().top - before, behavior: "instant" });
    }
  }

  function giveBack(control) {
    for (const { root } of fields) {
      const isRight = root.hasAttribute("data-right");
      const isOwn = root.contains(control);
      // Whoever is back at a field may make it wrong again.
      if (isRight !== root.hasAttribute("data-settled") && !(isRight && isOwn)) {
        const set = (isSettled) => root.toggleAttribute("data-settled", isSettled);
        changeUnder(control, () => set(isRight), () => set(!isRight));
      }
    }
    if (summary.isConnected) {
      const before = left;
      const set = (pixels, isHidden) => {
        leave(pixels);
        summary.hidden = isHidden;
      };
      changeUnder(control, () => set(0, summary.style.visibility !== ""), () => set(before, false));
    }
  }

  // A click comes after the focus, and nothing may move before it has reached what it was meant for.
  form.addEventListener("focusin", ({ target, relatedTarget }) => {
    if (!target.matches("input, select, textarea")) {
      return;
    }
    // A focus from nowhere was set by a script: who pressed for a new picture may press again.
    if (target.matches(":active")) {
      addEventListener("click", () => setTimeout(giveBack, 0, target), { once: true });
    } else if (relatedTarget) {
      giveBack(target);
    }
  });

  // Its place is given back where that is not seen: what is in sight stays where it is.
  const away = new IntersectionObserver(([{ isIntersecting }]) => {
    if (!isIntersecting && summary.style.visibility) {
      away.disconnect();
      holdStill(form, () => summary.remove());
    }
  });

  function settle(field, isRight) {
    if (field.root.hasAttribute("data-right") !== isRight) {
      // A line that comes back where nothing is left for it must not move what is below.
      holdStill(form, () => {
        keepPlace(() => {
          mark(field, isRight);
          follow();
        });
      });
    }
  }

  // What needs no rules: a box that is ticked, a password that is typed twice alike.
  function seems(field) {
    const [control] = field.controls;
    if (control.matches('[type="checkbox"], [type="radio"]')) {
      return field.controls.some(({ checked }) => checked);
    }
    const [first, second] = form.querySelectorAll('input[autocomplete="new-password"]');
    if (control === second) {
      return second.value !== "" && second.value === first.value;
    }
    return control.value.trim().length >= Math.max(1, control.minLength);
  }

  async function ask() {
    const number = ++asked;
    const token = form.querySelector('input[name="csrfmiddlewaretoken"]');
    try {
      const response = await fetch(form.dataset.checkUrl, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { "X-CSRFToken": token ? token.value : "", Accept: "application/json" },
        cache: "no-store",
        redirect: "error",
      });
      const { wrong } = await response.json();
      if (number === asked && response.ok) {
        fields.forEach((field) => settle(field, !wrong.includes(field.controls[0].name)));
      }
    } catch {
      // Whoever is not answered here is answered when the form is sent.
    }
  }

  function look({ target }) {
    if (!form.contains(target)) {
      return;
    }
    if (form.dataset.checkUrl) {
      clearTimeout(timer);
      asked += 1;
      timer = setTimeout(ask, PAUSE_MILLISECONDS);
      return;
    }
    for (const field of fields) {
      const { root, controls } = field;
      // The meter judges a new password, and says so.
      if (root.isConnected && !controls[0].matches("[data-judged]") && (root.contains(target) || root.hasAttribute("data-right"))) {
        settle(field, seems(field));
      }
    }
  }

  // The browser may bring back other answers than those that were refused.
  addEventListener("pageshow", () => {
    const isChanged = ({ controls }) => controls.some((control) => control.value !== control.defaultValue);
    if (form.dataset.checkUrl && fields.some(isChanged)) {
      ask();
    }
  });
  document.addEventListener("input", look);
  document.addEventListener("change", look);
  document.addEventListener("judged", ({ target, detail }) => {
    const field = fields.find(({ controls }) => controls.includes(target));
    if (field) {
      settle(field, detail);
    }
  });
  // What a register or we ourselves fill in is right.
  document.addEventListener("filled", ({ target }) => {
    const field = fields.find(({ controls }) => controls.includes(target));
    if (field) {
      settle(field, true);
    }
  });
})();
