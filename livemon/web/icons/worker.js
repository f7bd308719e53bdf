// The service worker of the installed pages: shows what livemon sends by Web Push (notify/transports/web_push.py), and answers.
// It sees no request of the pages, so that nothing of them is ever old.

const FALLBACK = { id: "livemon", title: "livemon", text: "", severity: "info", link: "", picture: "", answers: [], update: false };

function told(data) {
  try {
    return { ...FALLBACK, ...data.json() };
  } catch {
    return FALLBACK; // a browser that is shown nothing takes the permission away
  }
}

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => {
  const message = told(event.data);
  const grave = message.severity === "danger";
  event.waitUntil(
    self.registration.showNotification(message.title, {
      body: message.text,
      tag: message.id, // one with the same tag takes the place of the one before
      renotify: false,
      requireInteraction: grave,
      // A silent notification may have no pattern of vibration: browsers refuse it.
      ...(message.update ? { silent: true } : { vibrate: grave ? [400, 150, 400, 150, 400] : [200] }),
      icon: new URL("icon-192.png", self.location).href,
      badge: new URL("favicon.png", self.location).href,
      ...(message.picture ? { image: message.picture } : {}),
      timestamp: Date.parse(message.at) || Date.now(),
      actions: message.answers.map(([action, title]) => ({ action, title })),
      data: { link: message.link, answers: Object.fromEntries(message.answers.map(([action, , url]) => [action, url])) },
    }),
  );
});

async function open(link) {
  const pages = new URL("../../../events", self.location).href; // beside the API, below a proxy's prefix
  await self.clients.openWindow(link || pages);
}

async function answer(url, link) {
  try {
    const answered = await fetch(url, { method: "POST", credentials: "omit" });
    if (answered.ok) return;
  } catch {
    // not reachable from here: the page says so
  }
  await open(link);
}

self.addEventListener("notificationclick", (event) => {
  const { link, answers } = event.notification.data;
  event.notification.close();
  const url = answers[event.action];
  event.waitUntil(url ? answer(url, link) : open(link));
});
