/* Copy recovery codes or save them as a file. Without this file they are read, printed or selected. */
"use strict";

(() => {
  const list = document.querySelector("[data-codes]");
  const copy = document.querySelector("[data-copy-codes]");
  const save = document.querySelector("[data-save-codes]");
  const said = document.querySelector("[data-codes-said]");
  const codes = [...list.children].map((code) => code.textContent.trim());

  async function copyAll() {
    // Emptied first: the same words written again would not be spoken.
    said.textContent = "";
    try {
      await navigator.clipboard.writeText(codes.join("\n"));
      said.textContent = said.dataset.copied;
    } catch {
      said.textContent = said.dataset.refused;
    }
  }

  function saveAll() {
    const title = list.previousElementSibling.textContent.trim();
    const file = new Blob([[title, "", ...codes, ""].join("\r\n")], { type: "text/plain" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = save.dataset.saveCodes;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  copy.addEventListener("click", copyAll);
  save.addEventListener("click", saveAll);
  copy.hidden = false;
  save.hidden = false;
})();
