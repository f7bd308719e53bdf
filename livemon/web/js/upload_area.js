// Bring videos to a camera that plays a folder (livemon/web/pages/parts/upload_area.py): drop them or choose them; each says how far it is,
// and can be cancelled. Receiving, checking and converting is the API's (docs/uploads.md).

const STYLE = `
.lmu-drop{border:2px dashed color-mix(in srgb,currentColor 36%,transparent);border-radius:12px;padding:22px 14px;text-align:center;
  font-size:14px;line-height:1.5;margin:4px 5px}
.lmu-drop[data-over]{border-color:var(--mui-palette-primary-main,#3448c5);background:color-mix(in srgb,currentColor 6%,transparent)}
.lmu-drop input{position:absolute;opacity:0;width:1px;height:1px}
.lmu-drop label{color:var(--mui-palette-primary-main,#3448c5);text-decoration:underline;cursor:pointer;font-weight:600}
.lmu-drop input:focus-visible+label{outline:2px solid currentColor;outline-offset:2px}
.lmu-files{list-style:none;margin:8px 5px 0;padding:0;font-size:14px}
.lmu-files li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:2px 10px;align-items:center;padding:6px 0}
.lmu-files b{font-weight:600;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.lmu-files progress{width:100%;height:8px;grid-column:1/-1;accent-color:#3448c5}
.lmu-files .said{grid-column:1/-1;font-size:13px;overflow-wrap:anywhere}
.lmu-files .bad{color:#d92d20;color:light-dark(#c11a10,#ff9c94)}
.lmu-files button{font:600 13px/1.2 inherit;font-family:inherit;color:inherit;background:none;cursor:pointer;min-height:32px;
  border:1px solid color-mix(in srgb,currentColor 30%,transparent);border-radius:8px;padding:3px 10px}
`;
const ASK_EVERY_MS = 700;
const OVER = ["done", "refused", "cancelled"];

function element(tag, className, parent, text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  parent?.append(made);
  return made;
}

export function render({ model }) {
  const words = model.words;
  const host = element("div", "lmu-uploads");
  element("style", "", host).textContent = STYLE;
  const drop = element("div", "lmu-drop", host);
  element("div", "", drop, words.drop);
  const choose = element("input", "", drop);
  choose.type = "file";
  choose.multiple = true;
  choose.accept = "video/*,.mkv,.ts,.mjpeg";
  choose.id = `lmu-choose-${Math.random().toString(36).slice(2)}`;
  const label = element("label", "", drop, words.choose);
  label.htmlFor = choose.id;
  const list = element("ul", "lmu-files", host);
  let waiting = Promise.resolve(); // one after another: the disk and the converter are shared
  let gone = false;

  const api = (path) => new URL(`${model.api}/${path}`, document.baseURI).href;

  function bring(file) {
    const camera = model.camera;
    const row = element("li", "", list);
    element("b", "", row, file.name);
    const cancel = element("button", "", row, words.cancel);
    cancel.type = "button";
    cancel.setAttribute("aria-label", `${words.cancel} ${file.name}`);
    const bar = element("progress", "", row);
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    const said = element("div", "said", row, words.waiting);
    said.setAttribute("role", "status");
    const id = crypto.randomUUID ? crypto.randomUUID() : uuid();
    let cancelled = false;
    let request = null;

    function end(text, bad = false) {
      said.textContent = text;
      said.classList.toggle("bad", bad);
      cancel.remove();
      bar.remove();
    }

    cancel.addEventListener("click", () => {
      cancelled = true;
      request?.abort();
      fetch(api(`uploads/${id}`), { method: "DELETE" }).catch(() => {});
      end(words.cancelled);
    });

    function send() {
      return new Promise((done) => {
        const query = new URLSearchParams({ camera_id: camera, name: file.name, upload_id: id });
        request = new XMLHttpRequest();
        request.open("POST", api(`upload-video?${query}`));
        request.setRequestHeader("Content-Type", file.type.startsWith("video/") ? file.type : "application/octet-stream");
        request.upload.addEventListener("progress", (event) => {
          bar.value = event.total ? event.loaded / event.total / 2 : 0;
          said.textContent = `${words.receiving} ${Math.round((100 * event.loaded) / (event.total || 1))} %`;
        });
        request.addEventListener("loadend", () => done(request));
        request.send(file);
      });
    }

    async function run() {
      if (cancelled || gone) return;
      const answer = await send();
      if (cancelled) return;
      if (answer.status !== 202) return end(sentence(answer), true);
      while (!gone && !cancelled) {
        const asked = await fetch(api(`uploads/${id}`)).then((reply) => reply.json()).catch(() => ({}));
        if (cancelled) return;
        bar.value = 0.5 + (asked.progress ?? 0) / 2;
        said.textContent = words[asked.state] ?? words.waiting;
        if (OVER.includes(asked.state)) return end(asked.error || words[asked.state], asked.state !== "done");
        await new Promise((done) => setTimeout(done, ASK_EVERY_MS));
      }
    }

    waiting = waiting.then(run).catch((error) => end(String(error), true));
  }

  function sentence(answer) {
    try {
      const told = JSON.parse(answer.responseText);
      return [told.error?.message ?? told.error ?? told.message, told.error?.hint ?? told.hint].filter(Boolean).join(" ");
    } catch {
      return answer.status ? `${words.refused} (${answer.status})` : words.lost;
    }
  }

  const uuid = () =>
    "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
      (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16),
    );

  choose.addEventListener("change", () => {
    [...choose.files].forEach(bring);
    choose.value = "";
  });
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.dataset.over = "yes";
    });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => delete drop.dataset.over);
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    [...event.dataTransfer.files].forEach(bring);
  });
  model.on("remove", () => (gone = true));
  return host;
}
