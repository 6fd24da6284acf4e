/* A form marked data-draft keeps what is typed in this browser until the server has it, and is sent when the phone is back on line.
   Kept for one account: another's are deleted. Fields marked data-private (ID numbers, phones), files and hidden fields are never kept. Without this script the form works as it is. */
(() => {
  const PREFIX = "nuanxin-draft:", MINE = `${PREFIX}${document.body.dataset.account}:`;
  const store = window.localStorage;
  const wrong = document.querySelector(".u-errors");

  // What was sent is with the server when its answer led on to another page. The form's own page again, or one that was gone to by hand, says nothing of
  // it: the line may have been lost, or the login over, on the way.
  const [way] = performance.getEntriesByType("navigation");
  const ledOn = way && way.redirectCount > 0 && !wrong;
  for (const key of Object.keys(store).filter((name) => name.startsWith(PREFIX))) {
    // Another account's, on a browser that did not delete it when that one signed out.
    if (!key.startsWith(MINE)) { store.removeItem(key); continue; }
    const kept = JSON.parse(store.getItem(key));
    if (!kept.sent) continue;
    if (ledOn && kept.page !== location.pathname) store.removeItem(key);
    else store.setItem(key, JSON.stringify({ ...kept, sent: false }));
  }

  const keepable = (field) =>
    field.name && field.name !== "csrfmiddlewaretoken" && !("private" in field.dataset) &&
    !["hidden", "file", "password", "submit"].includes(field.type);

  for (const form of document.querySelectorAll("form[data-draft]")) {
    const key = MINE + form.dataset.draft;
    const note = form.querySelector("[data-unsent]");
    const fields = () => [...form.elements].filter(keepable);
    const say = (what) => {
      note.hidden = !what;
      for (const words of note.querySelectorAll("[data-say]")) words.hidden = words.dataset.say !== what;
    };
    const values = () => fields().filter((f) => !["radio", "checkbox"].includes(f.type) || f.checked).map((f) => [f.name, f.value]);
    // A photo cannot be kept here. Where it is asked for, what stands beside it is nothing without it: such a form waits for the line, and that is all.
    const keeps = !form.querySelector("input[type=file][required]");
    const keep = (sent) => keeps && store.setItem(key, JSON.stringify({ page: location.pathname, values: values(), sent }));

    const kept = JSON.parse(store.getItem(key) || "null");
    if (kept && !wrong) {
      const told = new Map(kept.values);
      for (const field of fields()) {
        if (["radio", "checkbox"].includes(field.type)) field.checked = kept.values.some(([n, v]) => n === field.name && v === field.value);
        else if (told.has(field.name)) field.value = told.get(field.name);
      }
      say("restored");
    }
    form.addEventListener("input", () => keep(false));

    let ready = false;
    const reachable = () => fetch(location.pathname, { method: "HEAD", cache: "no-store" }).then(() => true, () => false);
    const send = async (button) => {
      if (!(await reachable())) {
        say("offline");
        return false;
      }
      say("sending");
      keep(true);
      ready = true;
      form.requestSubmit(button);
      return true;
    };
    form.addEventListener("submit", (event) => {
      if (ready) return;
      event.preventDefault();
      const button = event.submitter;
      keep(false);
      send(button).then((gone) => {
        if (gone) return;
        // The event comes late or never on some phones: ask again every few seconds too.
        const again = setInterval(() => send(button).then((sent) => sent && clearInterval(again)), 5000);
        window.addEventListener("online", () => send(button).then((sent) => sent && clearInterval(again)), { once: true });
      });
    });
  }
})();
