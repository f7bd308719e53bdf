// Light or dark while a page is open: what the visitor chose on this device, or else what its system has. The cookie has
// the server make the next page in it (livemon/web/pages/shell/theme.py).

const CHOSEN = "livemon_theme";

export function keepAppearance(model) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const keep = () => {
    document.cookie = `livemon_theme=${model.dark ? "dark" : "light"}; path=/; max-age=31536000; SameSite=Lax`;
  };
  model.on("dark", () => {
    // Who chooses what the system has anyway goes on following it.
    if (model.dark === system.matches) localStorage.removeItem(CHOSEN);
    else localStorage.setItem(CHOSEN, model.dark ? "dark" : "light");
    keep();
  });
  keep();
  const follow = () => {
    const chosen = localStorage.getItem(CHOSEN);
    model.dark = chosen ? chosen === "dark" : system.matches;
  };
  system.addEventListener("change", follow);
  return () => system.removeEventListener("change", follow);
}
