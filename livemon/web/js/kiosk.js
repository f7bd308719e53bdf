// A wall screen's own controls and its alarm (livemon/web/pages/kiosk.py): frame and optional sound at a danger, full screen, and
// the way out. Which dangers count is the page's; the pictures are players' (panel_player.js).

const STYLE = `
.lmk-frame{position:fixed;inset:0;z-index:5;pointer-events:none;border:14px solid #ff2b1f;box-sizing:border-box}
.lmk-frame[hidden]{display:none}
.lmk-tools{position:fixed;z-index:6;right:18px;bottom:18px;display:flex;gap:8px;opacity:.8}
.lmk-tools:hover,.lmk-tools:focus-within{opacity:1}
.lmk-tools button{font:600 16px/1.2 system-ui,"Noto Sans",sans-serif;color:#fff;background:#1b2130;cursor:pointer;min-height:44px;
  min-width:44px;border:1px solid #7a8294;border-radius:10px;padding:6px 14px}
.lmk-tools button:focus-visible{outline:3px solid #9db0ff;outline-offset:2px}
.lmk-said{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media (max-width:900px){.lmk-frame{border-width:6px}.lmk-tools{right:8px;bottom:8px}.lmk-tools button{font-size:14px;padding:6px 10px}}
`;

const TONES_HZ = [880, 660, 880, 660];
const TONE_S = 0.25;

function sound(audio) {
  TONES_HZ.forEach((frequency, place) => {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    volume.gain.value = 0.3;
    tone.frequency.value = frequency;
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + place * TONE_S);
    tone.stop(audio.currentTime + (place + 1) * TONE_S);
  });
}

function part(name, className, parent) {
  const node = document.createElement(name);
  node.className = className;
  parent.append(node);
  return node;
}

export function render({ model, el }) {
  const { words } = model;
  part("style", "", el).textContent = STYLE;
  const frame = part("div", "lmk-frame", el);
  const tools = part("div", "lmk-tools", el);
  const said = part("div", "lmk-said", el);
  said.setAttribute("role", "alert");
  let audio = null; // off until a person presses the button, as browsers demand
  let told = new Set();

  function button(text, onClick) {
    const made = part("button", "", tools);
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", onClick);
    return made;
  }

  const toggle = button(words.sound_off, async () => {
    if (audio) await audio.close();
    audio = audio ? null : new AudioContext();
    toggle.textContent = audio ? words.sound_on : words.sound_off;
    toggle.setAttribute("aria-pressed", String(Boolean(audio)));
    if (audio) sound(audio); // so that it is known how loud it is
  });
  toggle.setAttribute("aria-pressed", "false");
  button(words.full_screen, () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen().catch(() => {})));
  const leave = () => location.assign(new URL(model.leave, document.baseURI));
  button(words.leave, leave);

  function show() {
    const dangers = model.dangers;
    const fresh = dangers.filter(([id]) => !told.has(id));
    frame.hidden = !dangers.length;
    if (fresh.length) said.textContent = fresh.map(([, text]) => text).join(". ");
    if (!dangers.length) said.textContent = "";
    if (fresh.length && audio) {
      sound(audio);
      tools.dataset.sounded = fresh.map(([id]) => id).join(" ");
    }
    told = new Set(dangers.map(([id]) => id));
  }

  // A browser that is full screen takes the first Escape for itself.
  const onKey = (event) => event.key === "Escape" && !event.defaultPrevented && leave();
  document.addEventListener("keydown", onKey);
  model.on("dangers", show);
  model.on("remove", () => {
    document.removeEventListener("keydown", onKey);
    audio?.close();
  });
  show();
}
