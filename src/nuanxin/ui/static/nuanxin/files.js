/* A file field in the page's own words: the browser's button and its "No file chosen" speak the browser's language. The field stays what it is, transparent
   over our button, so the keyboard and a screen reader find the same; beside it stands what was chosen. Without this script the browser's own text stands there. */
(() => {
  for (const part of document.querySelectorAll("[data-file]:not(.is-on)")) {
    const field = part.querySelector("input[type=file]");
    const said = part.querySelector("[data-chosen]");
    part.classList.add("is-on");
    if (!said) continue;
    const nothing = said.textContent;
    const show = () => {
      said.textContent = [...field.files].map((file) => file.name).join("、") || nothing;
    };
    field.addEventListener("change", show);
    field.form.addEventListener("reset", () => setTimeout(show));
    show();
  }
})();
