// Loads the page again once its connection was lost and the server answers (livemon/web/pages/parts/page_link.py): after a
// restart of the server, or a long sleep, a page that looks alive would show what was, and its buttons would lead nowhere.

import { keepAppearance } from "./appearance.js";

// While a page is drawn for the first time its parts do not listen yet: what the server changes then is lost. Bokeh says
// when all of them are drawn. Should it never do, a page that lost a change is better than one that stands still.
const DRAWN_LOOK_MS = 100;
const DRAWN_LATEST_MS = 120_000;

// What is to be seen may have to be drawn first, by a server that is busy.
const LOOK_MS = 8_000;
const BAR_PX = 72;

// How long until the server is asked again whether it is back: for ever, as Bokeh gives up after half a minute.
const FIRST_TRY_MS = 1_000;
const LAST_TRY_MS = 8_000;

// Loads the page again once the server answers; loaded before, the browser would show its own error page for ever.
async function reloadWhenAnswered(pause_ms = FIRST_TRY_MS) {
  const reply = await fetch("favicon.ico", { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (reply && reply.status < 500) location.reload(); // a proxy answers 5xx while what is behind it is away
  else setTimeout(() => reloadWhenAnswered(Math.min(2 * pause_ms, LAST_TRY_MS)), pause_ms);
}

function whenDrawn(drawnDocument, say) {
  const look = () => {
    if (drawnDocument.is_idle || performance.now() > DRAWN_LATEST_MS) setTimeout(say, DRAWN_LOOK_MS); // effects run after
    else setTimeout(look, DRAWN_LOOK_MS);
  };
  look();
}

function bringIntoView(name, until_ms) {
  const roots = [document];
  for (const root of roots) for (const node of root.querySelectorAll("*")) if (node.shadowRoot) roots.push(node.shadowRoot);
  const node = roots.flatMap((root) => [...root.querySelectorAll(`.${name}`)]).find((each) => each.clientHeight);
  if (!node) {
    if (performance.now() < until_ms) setTimeout(() => bringIntoView(name, until_ms), 100);
    return;
  }
  const { top } = node.getBoundingClientRect();
  if (top >= 0 && top < innerHeight / 2) return;
  node.style.scrollMarginTop = `${BAR_PX}px`;
  node.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

export function render({ model, view }) {
  let reloading = false;
  const again = () => {
    if (!reloading) reloadWhenAnswered();
    reloading = true;
  };
  view.model.document.on_event("connection_lost", again);
  // Bokeh would show what another session has, and tell the server of every part that it replaced, which is refused.
  view.model.document.on_event("client_reconnected", again);
  whenDrawn(view.model.document, () => {
    model.drawn = true;
    const show = () => document.documentElement.style.setProperty("--lm-wait", "none"); // MAIN_CSS in pages/shell/nav.py
    document.fonts.ready.then(show); // a font that comes later breaks lines anew
  });
  document.documentElement.lang = model.language;
  document.title = model.title;
  if (model.language === "ko") document.documentElement.style.wordBreak = "keep-all"; // lines end between words
  if (new URLSearchParams(location.search).has("lang")) {
    document.cookie = `livemon_language=${model.language}; path=/; max-age=31536000; SameSite=Lax`;
  }
  // The other language's link keeps the rest of the address: the day, the filters.
  const onClick = (event) => {
    const link = event.composedPath().find((node) => node.className === "language");
    if (!link) return;
    const query = new URLSearchParams(location.search);
    query.set("lang", link.lang);
    link.href = `?${query}`;
  };
  document.addEventListener("click", onClick, true);
  // Replaced and not pushed: who goes back leaves the page, and does not pass everything that was looked at.
  model.on("address", () => model.address && history.replaceState(history.state, "", location.pathname + model.address));
  model.on("look_at", () => bringIntoView(model.look_at.split(" ")[1], performance.now() + LOOK_MS));
  const leaveAppearance = keepAppearance(model);
  model.on("remove", () => {
    document.removeEventListener("click", onClick, true);
    leaveAppearance();
  });
  return document.createElement("span");
}
