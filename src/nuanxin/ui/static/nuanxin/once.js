/* A form is sent once. The second press of a double click, or of an impatient finger, would call the first one's answer off and be told that somebody was
   faster. It counts again after a while, since the answer may be a file (an export) that leaves the page where it is. */
(() => {
  const WHILE = 5000;
  const sent = new Set();
  window.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
    if (sent.has(form)) { event.preventDefault(); return; }
    sent.add(form);
    setTimeout(() => sent.delete(form), WHILE);
  });
  window.addEventListener("pageshow", () => sent.clear());
})();
