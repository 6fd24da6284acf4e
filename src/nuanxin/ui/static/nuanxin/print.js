/* A button that prints the page; without this script there is none, and the browser's own serves. */
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
