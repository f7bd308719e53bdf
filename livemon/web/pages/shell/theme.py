"""Light or dark: which of them a page is made in, and the script that has it made again if the browser wants the other.

A page follows the choice made on this device, or else the system's, which a server does not know. So the browser sends
its last theme in a cookie. The first page may be the wrong one, and the script in its head asks for it again before
anything of it is loaded. A choice on an open page is handled in js/appearance.js.
"""

from __future__ import annotations

import panel as pn

THEME_COOKIE = "livemon_theme"

SCRIPT = """<script>
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem("livemon_theme"); } catch { /* a browser that keeps nothing */ }
  const wanted = chosen ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  if (wanted === "{made}") return;
  try {
    if (sessionStorage.getItem("livemon_theme") === wanted) return; // the server does not hear of it
    sessionStorage.setItem("livemon_theme", wanted);
  } catch { return; }
  document.cookie = `livemon_theme=${wanted}; path=/; max-age=31536000; SameSite=Lax`;
  if (document.cookie.includes(`livemon_theme=${wanted}`)) location.reload();
})();
</script>"""


def kept_dark() -> bool:
    """Return whether the browser that opens a page showed dark pages last."""
    return str(pn.state.cookies.get(THEME_COOKIE)) == "dark"


def theme_script(*, dark: bool) -> str:
    """Return the head element of a page that is made dark, or light."""
    return SCRIPT.replace("{made}", "dark" if dark else "light")
