/* Answers for the visitor's pages below /visits/ while there is no line, from copies that were kept when the day was started.
   A copy is deleted when its visit is no longer open, when the login has ended, and after a day. */
"use strict";

const PAGES = "visits-pages-1", PARTS = "visits-parts-1", DAY = 24 * 3600 * 1000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

/* What changes the copies happens one after another: two pages may ask at once, and the one that asked last must have the last word,
   or a slow answer would put back the copy of a visit that has been sent meanwhile. */
let last = Promise.resolve();
function inTurn(act) {
  last = last.then(act, act);
  return last;
}

async function forget() {
  await caches.delete(PAGES);
}

/* What a page shows itself with: every file of ours that it names. Read from the page, so a part added to a page is kept with it. */
async function keepParts(answers) {
  const texts = await Promise.all(answers.map((answer) => answer.text()));
  const named = texts.flatMap((text) => [...text.matchAll(/(?:src|href)="(\/static\/[^"]+)"/g)].map((found) => found[1]));
  const shown = await caches.open(PARTS);
  for (const url of new Set(named)) { await shown.add(url); }
}

async function keep(urls) {
  const pages = await caches.open(PAGES), found = [];
  const wanted = urls.map((url) => new URL(url, self.location).href);
  for (const old of await pages.keys()) {
    if (!wanted.includes(old.url)) { await pages.delete(old); }
  }
  for (const url of wanted) {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (answer.redirected || !answer.ok) { return forget(); }
    found.push([url, answer]);
  }
  await keepParts(found.map(([, answer]) => answer.clone()));
  for (const [url, answer] of found) { await pages.put(url, answer); }
  return undefined;
}

self.addEventListener("message", (event) => {
  const told = event.data || {};
  if (told.forget) { event.waitUntil(inTurn(forget)); }
  if (told.keep) { event.waitUntil(inTurn(() => keep(told.keep)).catch(() => undefined)); }
});

async function renew(url, answer) {
  const pages = await caches.open(PAGES);
  if (await pages.match(url)) {
    await pages.put(url, answer);
    await keepParts([await pages.match(url)]);
  }
}

async function page(event) {
  const { request } = event;
  const url = new URL(request.url);
  url.search = url.hash = "";
  let answer;
  try {
    answer = await fetch(request);
  } catch (gone) {
    const copy = await (await caches.open(PAGES)).match(url.href);
    const fresh = copy && Date.now() - Date.parse(copy.headers.get("Date") || 0) < DAY;
    if (copy && !fresh) { event.waitUntil(inTurn(forget)); }
    return fresh ? copy : Response.error();
  }
  const ended = (answer.type === "opaqueredirect" || answer.redirected) && request.method === "GET";
  if (ended) { event.waitUntil(inTurn(forget)); } else if (answer.ok) {
    const copy = answer.clone();
    event.waitUntil(inTurn(() => renew(url.href, copy)).catch(() => undefined));
  }
  return answer;
}

async function part(request) {
  try {
    return await fetch(request);
  } catch (gone) {
    return await (await caches.open(PARTS)).match(request) || Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) { return; }
  if (request.mode === "navigate") { event.respondWith(page(event)); } else if (url.pathname.startsWith("/static/")) { event.respondWith(part(request)); }
});
