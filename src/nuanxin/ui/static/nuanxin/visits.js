/* The visitor's form without a line: what is typed, photographed and signed is kept on this phone until it has been sent, then deleted.
   Kept for one account (another one's is wiped), only for visits that are open; it holds no ID number. Without this script the form
   works as a plain one. */
(function () {
  "use strict";

  var page = document.querySelector("[data-visits]");
  if (!page || !window.indexedDB) { return; }
  var viewer = page.dataset.visits;
  var words = JSON.parse(page.dataset.words);
  var form = document.querySelector("form[data-visit]");
  var draft = null;

  function say(key, n) { return words[key].replace("{n}", n); }

  /* ---- the store ---- */

  function opened() {
    return new Promise(function (resolve, reject) {
      var asked = indexedDB.open("nuanxin-visits", 1);
      asked.onupgradeneeded = function () { asked.result.createObjectStore("drafts", { keyPath: "visit" }); };
      asked.onsuccess = function () { resolve(asked.result); };
      asked.onerror = function () { reject(asked.error); };
    });
  }

  function stored(mode, call) {
    return opened().then(function (base) {
      return new Promise(function (resolve, reject) {
        var work = base.transaction("drafts", mode);
        var asked = call(work.objectStore("drafts"));
        work.oncomplete = function () { base.close(); resolve(asked.result); };
        work.onerror = work.onabort = function () { base.close(); reject(work.error); };
      });
    });
  }

  function all() { return stored("readonly", function (drafts) { return drafts.getAll(); }); }
  function keep(one) { return stored("readwrite", function (drafts) { return drafts.put(one); }); }
  function drop(visit) { return stored("readwrite", function (drafts) { return drafts.delete(visit); }); }

  /* ---- sending ---- */

  function token() { return document.querySelector("[data-token] [name=csrfmiddlewaretoken]").value; }

  /* Resolves to what became of it: sent, offline, signedOut, gone, or wrong with the lines to mend. */
  function send(one) {
    var body = new FormData();
    one.fields.forEach(function (pair) { body.append(pair[0], pair[1]); });
    body.set("csrfmiddlewaretoken", token());
    one.photos.forEach(function (photo, n) { body.append("photos", photo, "photo-" + (n + 1) + ".jpg"); });
    return fetch(one.url, { method: "POST", body: body, headers: { Accept: "application/json" }, redirect: "manual", credentials: "same-origin" })
      .then(function (answer) {
        if (answer.ok) { return answer.json().then(function (told) { return drop(one.visit).then(function () { return { end: "sent", url: told.url }; }); }); }
        if (answer.status === 422) { return answer.json().then(function (told) { return { end: "wrong", errors: told.errors }; }); }
        if (answer.status === 404) { return { end: "gone" }; }
        if (answer.type === "opaqueredirect" || answer.status === 403) { return { end: "signedOut" }; }
        return { end: "offline" };
      }, function () { return { end: "offline" }; });
  }

  var box = document.querySelector("[data-unsent]");

  function showUnsent(told) {
    return all().then(function (drafts) {
      var waiting = drafts.filter(function (one) { return one.state === "unsent"; });
      box.hidden = !waiting.length;
      box.querySelector("[data-unsent-count]").textContent = say("unsent", waiting.length);
      box.querySelector("[data-unsent-why]").textContent = navigator.onLine ? "" : words.kept;
      var list = box.querySelector("[data-unsent-list]");
      list.textContent = "";
      waiting.forEach(function (one) {
        var line = document.createElement("li");
        var end = (told || {})[one.visit];
        line.textContent = one.label;
        if (end && end.end !== "offline") {
          line.append("：" + (end.end === "wrong" ? end.errors.map(function (error) { return error.text; }).join("；") : words[end.end]) + " ");
          if (end.end === "wrong") {
            var link = document.createElement("a");
            link.href = one.url;
            link.textContent = say("wrong", end.errors.length);
            line.append(link, " ");
          }
          if (end.end !== "signedOut") {
            var off = document.createElement("button");
            off.type = "button";
            off.textContent = words.drop;
            off.addEventListener("click", function () { drop(one.visit).then(function () { showUnsent(); }); });
            line.append(off);
          }
        }
        list.append(line);
      });
      return waiting;
    });
  }

  var busy = false;
  function sendAll() {
    if (busy) { return Promise.resolve(); }
    busy = true;
    return all().then(function (drafts) {
      var told = {}, sent = 0;
      var line = Promise.resolve();
      drafts.filter(function (one) { return one.state === "unsent"; }).forEach(function (one) {
        line = line.then(function () { return send(one); }).then(function (end) { told[one.visit] = end; sent += end.end === "sent" ? 1 : 0; });
      });
      return line.then(function () {
        busy = false;
        if (sent && !form) { location.reload(); return undefined; }
        return showUnsent(told);
      });
    });
  }
  box.querySelector("[data-send]").addEventListener("click", sendAll);
  addEventListener("online", sendAll);
  addEventListener("offline", function () { showUnsent(); });

  /* ---- the form ---- */

  function fields() {
    var pairs = [];
    new FormData(form).forEach(function (value, name) { if (typeof value === "string" && name !== "csrfmiddlewaretoken") { pairs.push([name, value]); } });
    return pairs;
  }

  function save(state) {
    draft.fields = fields();
    draft.state = state || "begun";
    return keep(draft);
  }

  function toggle() {
    var home = form.querySelector("[name=home]:checked");
    form.querySelectorAll("[data-home]").forEach(function (part) { part.hidden = !home || home.value !== part.dataset.home; });
    form.querySelectorAll("[data-item]").forEach(function (item) {
      var is = item.querySelector("[name^=is_]:checked");
      item.querySelector("[data-found]").hidden = !is || is.value !== "differs";
    });
  }

  function shrunk(file) {
    if (!window.createImageBitmap) { return Promise.resolve(file); }
    return createImageBitmap(file).then(function (image) {
      var part = Math.min(1, 1600 / Math.max(image.width, image.height));
      var canvas = document.createElement("canvas");
      canvas.width = Math.round(image.width * part);
      canvas.height = Math.round(image.height * part);
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      return new Promise(function (resolve) { canvas.toBlob(function (blob) { resolve(blob || file); }, "image/jpeg", 0.8); });
    }, function () { return file; });
  }

  function showPhotos() {
    var list = form.querySelector("[data-photos]");
    list.hidden = !draft.photos.length;
    list.textContent = "";
    draft.photos.forEach(function (photo, n) {
      var item = document.createElement("li"), picture = document.createElement("img"), off = document.createElement("button");
      var reader = new FileReader();
      item.className = "w-photo";
      picture.alt = say("photo", n + 1);
      reader.onload = function () { picture.src = reader.result; };
      reader.readAsDataURL(photo);
      off.type = "button";
      off.className = "w-photo__off";
      off.textContent = "×";
      off.setAttribute("aria-label", words.remove);
      off.addEventListener("click", function () { draft.photos.splice(n, 1); showPhotos(); save(); });
      item.append(picture, off);
      list.append(item);
    });
  }

  function takePhotos(input) {
    var line = Promise.resolve();
    Array.from(input.files).forEach(function (file) {
      line = line.then(function () { return shrunk(file); }).then(function (photo) { if (draft.photos.length < 9) { draft.photos.push(photo); } });
    });
    input.value = "";
    line.then(function () { showPhotos(); save(); });
  }

  function glass(part) {
    var pad = part.querySelector("[data-glass]"), canvas = pad.querySelector("canvas");
    var value = part.querySelector("input[type=hidden]"), pen = canvas.getContext("2d");
    var drawing = false;

    function blank() {
      pad.hidden = false;
      var scale = Math.min(window.devicePixelRatio || 1, 2), size = pad.getBoundingClientRect();
      canvas.width = Math.max(1, Math.round((size.width || 320) * scale));
      canvas.height = Math.max(1, Math.round((size.height || 168) * scale));
      pen.setTransform(scale, 0, 0, scale, 0, 0);
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.strokeStyle = "#211e1a";
      pen.lineWidth = 3;
      pen.lineCap = pen.lineJoin = "round";
    }

    function at(event) {
      var size = canvas.getBoundingClientRect();
      return [event.clientX - size.left, event.clientY - size.top];
    }

    canvas.addEventListener("pointerdown", function (event) {
      if (!pad.classList.contains("is-signed")) { blank(); }
      drawing = true;
      canvas.setPointerCapture(event.pointerId);
      pen.beginPath();
      pen.moveTo.apply(pen, at(event));
    });
    canvas.addEventListener("pointermove", function (event) {
      if (!drawing) { return; }
      pen.lineTo.apply(pen, at(event));
      pen.stroke();
      pad.classList.add("is-signed");
    });
    ["pointerup", "pointercancel"].forEach(function (name) {
      canvas.addEventListener(name, function () {
        if (!drawing) { return; }
        drawing = false;
        if (pad.classList.contains("is-signed")) { value.value = canvas.toDataURL("image/png"); save(); }
      });
    });
    pad.querySelector("[data-clear]").addEventListener("click", function () { value.value = ""; pad.classList.remove("is-signed"); blank(); save(); });
    part.querySelector("[data-typed]").open = !!part.querySelector(".u-err");
    pad.hidden = false;
    if (value.value) {
      var old = new Image();
      old.onload = function () { blank(); pen.setTransform(1, 0, 0, 1, 0, 0); pen.drawImage(old, 0, 0, canvas.width, canvas.height); };
      old.src = value.value;
      pad.classList.add("is-signed");
    }
  }

  function showErrors(errors) {
    var place = document.querySelector("[data-errors]");
    place.textContent = "";
    var part = document.createElement("div"), head = document.createElement("h2"), list = document.createElement("ul");
    part.className = "u-errors";
    part.setAttribute("role", "alert");
    part.tabIndex = -1;
    head.textContent = say("wrong", errors.length);
    errors.forEach(function (error) {
      var line = document.createElement("li"), link = document.createElement(error.target ? "a" : "span");
      if (error.target) { link.href = "#" + error.target; }
      link.textContent = error.text;
      line.append(link);
      list.append(line);
    });
    part.append(head, list);
    place.append(part);
    part.focus();
    part.scrollIntoView();
  }

  function told(text) {
    var status = document.getElementById("status");
    status.textContent = text;
  }

  function restore(old) {
    draft = old;
    draft.fields.forEach(function (pair) {
      form.querySelectorAll("[name='" + pair[0] + "']").forEach(function (input) {
        if (input.type === "radio" || input.type === "checkbox") { input.checked = input.value === pair[1]; } else { input.value = pair[1]; }
      });
    });
    told(words.restored);
  }

  function start(old) {
    draft = { visit: form.dataset.visit, viewer: viewer, label: form.dataset.label, url: location.pathname, fields: [], photos: [], state: "begun" };
    if (old && !form.querySelector(".u-err")) { restore(old); } else if (old) { draft.photos = old.photos; }
    form.querySelectorAll("[data-sign]").forEach(glass);
    showPhotos();
    toggle();
    var later;
    form.addEventListener("input", function () { clearTimeout(later); later = setTimeout(function () { save(); }, 300); });
    form.addEventListener("change", function (event) {
      if (event.target.id === "photos") { takePhotos(event.target); return; }
      toggle();
      save();
    });
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      clearTimeout(later);
      var button = form.querySelector(".w-actions button");
      button.disabled = true;
      save("unsent").then(function () { return send(draft); }).then(function (end) {
        button.disabled = false;
        if (end.end === "sent") { location.assign(end.url); return undefined; }
        if (end.end === "wrong") { showErrors(end.errors); return save(); }
        var ends = {};
        ends[draft.visit] = end;
        told(end.end === "offline" ? words.kept : words[end.end]);
        document.querySelector("[data-errors]").textContent = "";
        return showUnsent(ends).then(function () { box.scrollIntoView(); });
      });
    });
  }

  /* ---- pages for when there is no line ---- */

  function keepPages(open) {
    if (!navigator.serviceWorker) { return; }
    navigator.serviceWorker.register("/visits/worker.js", { scope: "/visits/" }).then(function () { return navigator.serviceWorker.ready; }).then(function (ready) {
      if (!page.hasAttribute("data-keep")) { ready.active.postMessage({ forget: true }); return; }
      if (!open) { return; }
      ready.active.postMessage({ keep: ["/visits/"].concat(open) });
    });
  }

  all().then(function (drafts) {
    var open = page.dataset.open ? JSON.parse(page.dataset.open) : null;
    var foreign = drafts.filter(function (one) { return one.viewer !== viewer; });
    var over = drafts.filter(function (one) { return one.viewer === viewer && one.state !== "unsent" && open && open.indexOf(one.url) < 0; });
    return Promise.all(foreign.concat(over).map(function (one) { return drop(one.visit); })).then(function () {
      keepPages(open);
      var mine = drafts.filter(function (one) { return one.viewer === viewer; });
      if (form) { start(mine.filter(function (one) { return one.visit === form.dataset.visit; })[0]); }
      return showUnsent();
    }).then(function () { if (navigator.onLine) { sendAll(); } });
  });
})();
