// The parts of the labelling widget as they look: styles, rows, chips, the line, the strip. What keys do is labeller.js's.
// Every text of a model or a label is a text node.

export const STYLE = `
.lml{container-type:inline-size;font:14px/1.45 system-ui,"Noto Sans",sans-serif;color:var(--jp-ui-font-color1,inherit);
  --lml-line:color-mix(in srgb,currentColor 22%,transparent);--lml-main:#3448c5;outline-offset:-2px;border-radius:12px;padding:8px;
  overflow-wrap:anywhere}
.lml:focus,.lml:focus-visible{outline:2px solid var(--lml-main)}
[data-jp-theme-light=false] .lml{--lml-main:#8c9eff}
@media (prefers-color-scheme:dark){body:not([data-jp-theme-light]) .lml{--lml-main:#8c9eff}}
.lml *{box-sizing:border-box}
.lml [hidden]{display:none!important}
.lml button{font:600 13px/1.2 inherit;font-family:inherit;color:inherit;background:none;cursor:pointer;min-height:34px;padding:4px 10px;
  border:1px solid var(--lml-line);border-radius:8px}
.lml-top{display:flex;flex-wrap:wrap;gap:4px 14px;align-items:center;margin-bottom:8px}
.lml-title{font-weight:650;font-size:16px;font-variant-numeric:tabular-nums}
.lml-done{border:1px solid;border-radius:999px;padding:0 9px;font-size:12px;font-weight:600;color:#067647}
[data-jp-theme-light=false] .lml-done{color:#75e0a7}
@media (prefers-color-scheme:dark){body:not([data-jp-theme-light]) .lml-done{color:#75e0a7}}
.lml-count{display:flex;gap:8px;align-items:center;margin-left:auto;font-variant-numeric:tabular-nums;opacity:.85}
.lml-count progress{width:110px;height:8px;accent-color:var(--lml-main)}
.lml-cols{display:grid;gap:14px;grid-template-columns:minmax(0,7fr) minmax(0,5fr);align-items:start}
.lml-player .lm-player{max-height:52vh}
.lml-scene{margin:6px 2px 0;opacity:.85}
.lml-line{position:relative;height:34px;margin:6px 0 2px;border-radius:8px;cursor:pointer;overflow:hidden;touch-action:none;
  background:color-mix(in srgb,currentColor 8%,transparent)}
.lml-line i{position:absolute;height:9px;min-width:5px;border-radius:4px}
.lml-line i.said{top:4px}
.lml-line i.yours{bottom:4px;border:2px solid currentColor}
.lml-line i.chosen{box-shadow:0 0 0 2px currentColor}
.lml-line .mark{position:absolute;top:0;bottom:0;min-width:2px;background:color-mix(in srgb,var(--lml-main) 34%,transparent);
  border:0 solid var(--lml-main);border-width:0 2px}
.lml-line .head{position:absolute;top:0;bottom:0;width:2px;margin-left:-1px;background:currentColor}
.lml-strip{display:grid;grid-template-columns:repeat(auto-fill,minmax(92px,1fr));gap:4px;margin-top:6px;min-height:70px}
.lml .lml-strip button{position:relative;padding:0;border:0;border-radius:6px;overflow:hidden;background:#0b0e14;aspect-ratio:4/3;min-height:0}
.lml-strip img{width:100%;height:100%;object-fit:contain;display:block}
.lml-strip span{position:absolute;left:0;bottom:0;padding:0 5px;background:rgba(8,10,16,.78);color:#fff;font-size:11px;
  font-variant-numeric:tabular-nums;border-radius:0 4px 0 0}
.lml-note{padding:12px;border:1px solid var(--lml-line);border-radius:8px;grid-column:1/-1}
.lml-note b{display:block}
.lml h4{font-size:13px;font-weight:600;margin:0 0 4px;opacity:.8}
.lml-side{display:grid;gap:12px;min-width:0}
.lml-rows{display:grid;gap:3px;max-height:38vh;overflow-y:auto;scrollbar-gutter:stable}
.lml .lml-row{display:block;line-height:1.4;width:100%;text-align:left;border:1px solid transparent;border-left:4px solid transparent;
  padding:5px 8px;font-weight:400;border-radius:8px}
.lml .lml-row[aria-pressed=true]{background:color-mix(in srgb,var(--lml-main) 13%,transparent);border-left-color:var(--lml-main)}
.lml-head{display:flex;flex-wrap:wrap;gap:2px 8px;align-items:center}
.lml-chip{color:#fff;border-radius:999px;padding:0 8px;font-size:12px;font-weight:600;white-space:nowrap}
.lml-what{font-weight:600}
.lml-quiet{opacity:.78;font-size:13px;font-variant-numeric:tabular-nums}
.lml-verdict{margin-left:auto;font-weight:700;font-size:13px}
.lml-yours{display:flex;flex-wrap:wrap;gap:2px 8px;align-items:center;padding:2px 4px}
.lml .lml-yours button{margin-left:auto;min-height:26px;padding:1px 8px;font-size:12px}
.lml button:hover{background:color-mix(in srgb,currentColor 9%,transparent)}
.lml button:focus-visible,.lml input:focus-visible{outline:2px solid var(--lml-main);outline-offset:1px}
.lml-form{display:grid;gap:6px}
.lml-form input{font:inherit;color:inherit;background:transparent;width:100%;min-height:34px;padding:2px 8px;border:1px solid var(--lml-line);
  border-radius:8px}
.lml-grave{display:flex;flex-wrap:wrap;gap:5px}
.lml .lml-grave button[aria-pressed=true]{background:var(--grave);color:#fff;border-color:var(--grave)}
.lml-acts{display:flex;flex-wrap:wrap;gap:6px;margin-top:12px}
.lml .lml-acts .main{background:#3448c5;color:#fff;border-color:#3448c5}
.lml .lml-acts .main:hover{background:#2a3aa3}
.lml kbd{font:600 11px/1 ui-monospace,monospace;border:1px solid var(--lml-line);border-radius:4px;padding:1px 5px;margin-right:6px;
  background:none;color:inherit;box-shadow:none}
.lml .main kbd{border-color:rgba(255,255,255,.6)}
.lml-told{flex:1 0 100%;grid-column:1/-1;min-height:20px;font-weight:600}
.lml-told.bad{border-left:3px solid #d92d20;padding-left:8px}
.lml-keys{display:flex;flex-wrap:wrap;gap:3px 14px;font-size:12px;opacity:.82;margin-top:6px}
.lml-none{padding:36px 16px;text-align:center}
.lml-none b{display:block;font-size:16px;margin-bottom:6px}
@container (max-width:720px){.lml-cols{grid-template-columns:minmax(0,1fr)}.lml-rows{max-height:none}.lml-player .lm-player{max-height:none}
  .lml-acts{position:sticky;bottom:0;z-index:3;display:grid;grid-template-columns:repeat(5,minmax(0,1fr));gap:4px;margin:12px -8px 0;
    padding:6px 8px;background:var(--jp-layout-color0,Canvas);border-top:1px solid var(--lml-line)}
  .lml .lml-acts button{min-height:44px;padding:2px;font-size:12px}.lml-acts kbd,.lml-grave kbd{display:none}.lml-keys{display:none}
  .lml-count{margin-left:0}.lml-grave button{flex:1}
  .lml-strip{grid-template-columns:repeat(4,minmax(0,1fr))}}
`;

export function element(tag, className, parent, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  parent?.append(made);
  return made;
}

export function button(parent, text, key, act, className = "") {
  const made = element("button", className, parent);
  made.type = "button";
  if (key) element("kbd", "", made, key);
  made.append(text);
  made.addEventListener("click", act);
  return made;
}

export function chip(parent, severity, grave) {
  const known = grave.find((one) => one.value === severity);
  if (!known) return;
  element("span", "lml-chip", parent, known.label).style.background = known.colour;
}

/** One thing that was said, with this person's verdict on it. */
export function saidRow(one, verdict, chosen, grave, choose) {
  const row = element("button", "lml-row");
  row.type = "button";
  row.dataset.about = one.about;
  row.setAttribute("aria-pressed", String(chosen));
  const head = element("span", "lml-head", row);
  chip(head, one.severity, grave);
  element("span", "lml-what", head, one.title || one.kind);
  if (verdict) element("span", "lml-verdict", head, verdict);
  element("div", "lml-quiet", row, [one.when, one.kind, one.who].filter(Boolean).join(" \u00b7 "));
  if (one.text) element("div", "", row, one.text);
  row.addEventListener("click", choose);
  return row;
}

/** One label of this person. */
export function labelRow(one, words, grave, takeBack) {
  const row = element("div", "lml-yours");
  element("span", "lml-what", row, words[`verdict_${one.verdict}`]);
  chip(row, one.severity, grave);
  if (one.kind) element("span", "", row, one.kind);
  element("span", "lml-quiet", row, one.when);
  const back = button(row, words.take_back, "", takeBack);
  back.setAttribute("aria-label", `${words.take_back}: ${words[`verdict_${one.verdict}`]} ${one.when}`);
  return row;
}

/** The line under the picture: what was said above, what this person said below, and where the picture is. */
export function drawLine(line, stop, mark, chosen, grave) {
  const long = Math.max(1, stop.end_ms - stop.start_ms);
  const share = (ms) => Math.min(1, Math.max(0, (ms - stop.start_ms) / long)) * 100;
  const place = (node, start, end) => {
    node.style.left = `${Math.min(99, share(start))}%`;
    node.style.width = `${Math.max(0, share(end) - share(start))}%`;
  };
  const colour = (severity) => grave.find((one) => one.value === severity)?.colour ?? "#667085";
  line.querySelectorAll("i,.mark").forEach((old) => old.remove());
  const ends = [mark.start, mark.end].filter((ms) => ms !== null);
  if (ends.length) place(element("div", "mark", line), Math.min(...ends), Math.max(...ends));
  for (const one of stop.said) {
    const node = element("i", `said${one.about === chosen ? " chosen" : ""}`, line);
    node.style.background = colour(one.severity);
    place(node, one.start_ms, one.end_ms);
  }
  for (const one of stop.labels) {
    if (one.verdict === "watched" || one.verdict === "wrong") continue;
    const node = element("i", "yours", line);
    node.style.background = colour(one.severity);
    place(node, one.start_ms, one.end_ms);
  }
  return share;
}
