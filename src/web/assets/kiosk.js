// A kiosk: guests answer one after the other, with or without network.
const body = document.body, form = document.querySelector("#survey"), query = (css) => document.querySelector(css);
const idle = +body.dataset.idle, start = body.dataset.start;
const again = () => location.replace(start);
form.autocomplete = "off";
// The page may come from the device's own store: each guest needs an attempt of their own.
form._attempt.value = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
navigator.serviceWorker?.register("/k/worker.js").then(() => navigator.serviceWorker.ready).then(() => {
  for (const { href } of document.querySelectorAll("nav a")) fetch(href).catch(() => {});
  fetch(start).catch(() => {});
}).catch(() => {});

// What was answered and has not arrived yet, on this device.
const store = new Promise((resolve, reject) => {
  const open = indexedDB.open("kiosk", 1);
  open.onupgradeneeded = () => open.result.createObjectStore("waiting", { keyPath: "attempt" });
  open.onsuccess = () => resolve(open.result);
  open.onerror = () => reject(open.error);
});
const waiting = async (mode, work) => {
  const transaction = (await store).transaction("waiting", mode, { durability: "strict" });
  const request = work(transaction.objectStore("waiting"));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
};
const send = async ({ attempt, url, text }) => {
  const headers = { accept: "application/json", "content-type": "application/x-www-form-urlencoded" };
  const reply = await fetch(url, { method: "POST", headers, body: text, signal: AbortSignal.timeout(5000) });
  const json = await reply.json().catch(() => ({}));
  if (reply.ok) await waiting("readwrite", (all) => all.delete(attempt));
  return { status: reply.status, ...json };
};
const sendAll = async () => {
  for (const entry of await waiting("readonly", (all) => all.getAll())) {
    const reply = await send(entry).catch(() => ({ status: 0 }));
    // Without network, or busy: later, in this order.
    if (reply.status === 0 || reply.status >= 500) break;
  }
  query("#waiting").textContent = (await waiting("readonly", (all) => all.count()));
};
addEventListener("online", sendAll);
setInterval(sendAll, 10000);
sendAll();

// Which questions need an answer, and have none.
const missing = () => [...document.querySelectorAll(".q:has(.req)")].filter((q) =>
  ![...q.querySelectorAll("input,select,textarea")].some((e) => /radio|checkbox/.test(e.type) ? e.checked : e.value.trim()));
const complain = (questions) => {
  for (const old of document.querySelectorAll(".err.kiosk-err")) old.remove();
  for (const q of questions) {
    const line = Object.assign(document.createElement("p"), { className: "err kiosk-err", textContent: body.dataset.missing });
    (q.querySelector("legend,.l") || q.firstElementChild).after(line);
  }
  const first = questions[0];
  first.scrollIntoView({ block: "start" });
  first.querySelector("input,select,textarea").focus();
};
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const open = missing();
  if (open.length) return complain(open);
  const entry = { attempt: form._attempt.value, url: form.action, text: `${new URLSearchParams(new FormData(form))}` };
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  // On the device before anybody is thanked.
  await waiting("readwrite", (all) => all.put(entry));
  const reply = await send(entry).catch(() => ({ status: 0 }));
  if (reply.fields) {
    await waiting("readwrite", (all) => all.delete(entry.attempt));
    button.disabled = false;
    const named = (field) => document.getElementsByName(field)[0]?.closest(".q");
    return complain([...new Set(reply.fields.map(named))].filter(Boolean));
  }
  thank(reply.receipt);
});
const thank = (receipt) => {
  clearInterval(watch);
  for (const part of document.querySelectorAll("header,main:not(#thanks),.skip,.staff,#still")) part.remove();
  query("#thanks").hidden = false;
  query("#thanks h1").focus();
  if (receipt) query("#receipt").textContent = receipt;
  else query("#thanks .receipt").remove();
  setTimeout(again, 8000);
};

// Nobody there: back to the start, with a word before.
let last = Date.now(), touched = false;
const still = query("#still");
for (const kind of ["pointerdown", "keydown", "input", "scroll"]) {
  addEventListener(kind, () => { last = Date.now(); touched = true; if (still.open) still.close(); }, { passive: true });
}
const watch = setInterval(() => {
  const seconds = (Date.now() - last) / 1000;
  const elsewhere = location.href !== new URL(start, location).href;
  if (!(touched || elsewhere)) return;
  if (seconds >= idle) again();
  else if (seconds >= idle * 0.6 && !still.open && !query("#leave").open) still.showModal();
}, 250);
addEventListener("pageshow", (event) => { if (event.persisted) again(); });

// Staff.
query(".staff").addEventListener("click", () => query("#leave").showModal());
query("#stay").addEventListener("click", () => query("#leave").close());
query("#leave form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const headers = { accept: "application/json" };
  const reply = await fetch(event.target.action, { method: "POST", headers, body: new URLSearchParams(new FormData(event.target)) }).catch(() => ({}));
  query("#wrong").hidden = reply.ok || !reply.status;
  query("#offline").hidden = !!reply.status;
  if (!reply.ok) return;
  for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
  await caches.delete("kiosk");
  if (document.fullscreenElement) await document.exitFullscreen();
  location.replace("/");
});
addEventListener("pointerdown", () => { document.documentElement.requestFullscreen?.().catch(() => {}); }, { once: true });
