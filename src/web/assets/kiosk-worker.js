// Keeps the kiosk's empty pages for when there is no network. What guests answer never comes here.
const CACHE = "kiosk";
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(clients.claim()));
self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname, searchParams } = new URL(url);
  const ours = origin === location.origin && /^\/k\/[^/]+$/.test(pathname) && pathname !== "/k/worker.js";
  if (method !== "GET" || !ours || searchParams.has("device")) return;
  event.respondWith(page(url));
});

async function page(url) {
  const cache = await caches.open(CACHE);
  try {
    const fresh = await fetch(url, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(5000) });
    if (fresh.ok) await cache.put(url, fresh.clone());
    else if (fresh.status < 500) await cache.delete(url);
    else throw new Error("the server is busy");
    return fresh;
  } catch {
    const kept = (await cache.match(url)) || (await cache.match(url, { ignoreSearch: true }));
    return kept || new Response("", { status: 503 });
  }
}
