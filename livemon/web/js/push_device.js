// "Tell me on this device" (livemon/web/pages/parts/push_device.py): asks for the permission, registers the worker, and gives the
// browser's subscription to the page. Whom it belongs to is the page's choice.

const STYLE = `
.lmp-push{display:flex;flex-wrap:wrap;gap:6px 10px;align-items:center;font-size:14px;padding:4px 5px}
.lmp-push button{font:600 13px/1.2 inherit;font-family:inherit;color:inherit;background:none;cursor:pointer;min-height:34px;
  border:1px solid color-mix(in srgb,currentColor 30%,transparent);border-radius:8px;padding:4px 11px}
.lmp-push button[hidden]{display:none}
.lmp-push span{opacity:.76;font-size:13px;overflow-wrap:anywhere}
`;

function bytesOf(key) {
  const text = atob(key.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(key.length / 4) * 4, "="));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function deviceName() {
  const agent = navigator.userAgent;
  const browser = [["Edg/", "Edge"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]].find(([mark]) => agent.includes(mark));
  const system = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS", "Mac"], ["Linux", "Linux"]].find(
    ([mark]) => agent.includes(mark),
  );
  return [browser?.[1], system?.[1]].filter(Boolean).join(", ");
}

function problem() {
  if (!window.isSecureContext) return "insecure";
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return "unsupported";
  return Notification.permission === "denied" ? "denied" : "";
}

// Browsers refuse to subscribe before the worker runs. `navigator.serviceWorker.ready` waits for that of another folder.
function activated(registration) {
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  return new Promise((resolve, reject) => {
    const look = () => {
      if (worker.state === "activated") resolve();
      if (worker.state === "redundant") reject(new Error("the worker did not start"));
    };
    worker.addEventListener("statechange", look);
    look();
  });
}

export function render({ model, el }) {
  const style = document.createElement("style");
  style.textContent = STYLE;
  const box = document.createElement("div");
  box.className = "lmp-push";
  const add = document.createElement("button");
  const remove = document.createElement("button");
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  add.type = remove.type = "button";
  add.textContent = model.words.add;
  remove.textContent = model.words.remove;
  box.append(add, remove, said);
  el.append(style, box);
  const worker = new URL(model.worker, document.baseURI).href;

  async function existing() {
    const registration = await navigator.serviceWorker.getRegistration(worker);
    return registration ? registration.pushManager.getSubscription() : null;
  }

  async function show(failed = "") {
    const why = problem();
    const subscription = why && why !== "denied" ? null : await existing();
    const here = subscription && model.endpoints.includes(subscription.endpoint);
    add.hidden = Boolean(why) || !model.recipient || Boolean(here);
    remove.hidden = !here;
    said.textContent = failed || (why ? model.words[why] : here ? model.words.here : model.recipient ? "" : model.words.nobody);
  }

  async function subscribe() {
    if ((await Notification.requestPermission()) !== "granted") return show(model.words.denied);
    const registration = await navigator.serviceWorker.register(worker);
    await activated(registration);
    const wanted = { userVisibleOnly: true, applicationServerKey: bytesOf(model.key) };
    let subscription;
    try {
      subscription = await registration.pushManager.subscribe(wanted);
    } catch (error) {
      if (error.name !== "InvalidStateError") throw error; // of another key: this livemon's data folder was made anew
      await (await registration.pushManager.getSubscription())?.unsubscribe();
      subscription = await registration.pushManager.subscribe(wanted);
    }
    model.given = { subscription: subscription.toJSON(), device: deviceName(), at: Date.now() };
  }

  async function unsubscribe() {
    const subscription = await existing();
    if (!subscription) return show();
    model.given = { gone: subscription.endpoint, at: Date.now() };
    await subscription.unsubscribe();
    await show();
  }

  const failing = (step) => () => step().catch((error) => show(`${model.words.failed} ${error.message}`));
  add.addEventListener("click", failing(subscribe));
  remove.addEventListener("click", failing(unsubscribe));
  model.on("endpoints", failing(show));
  model.on("recipient", failing(show));
  failing(show)();
}
