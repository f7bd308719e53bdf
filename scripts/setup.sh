#!/usr/bin/env bash
# Installs what a target needs and nothing twice. Usage: scripts/setup.sh run|test
#   run   ffmpeg, Pango and a Korean font, Python packages, the player
#   test  the same, the development packages, and Chromium
# VENV names the environment (.venv), CONSTRAINTS the versions (constraints.txt; empty takes the newest).
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:?usage: scripts/setup.sh run|test|browsers}
venv=${VENV:-.venv}
constraints=${CONSTRAINTS-constraints.txt}

say() { printf '%s\n' "$*" >&2; }

# Debian's name for each program that may be missing.
declare -A package=([ffmpeg]=ffmpeg [ffprobe]=ffmpeg [npm]=npm [node]=nodejs [chromium]=chromium
  [firefox-esr]=firefox-esr [Xvfb]=xvfb
  # WebKitGTK plays H.264 by these plug-ins of GStreamer.
  [WebKitWebDriver]="webkit2gtk-driver gstreamer1.0-libav gstreamer1.0-plugins-good gstreamer1.0-plugins-bad")

install_programs() {
  local missing=() program
  for program in "$@"; do
    # shellcheck disable=SC2206 # a program may need several packages
    command -v "$program" >/dev/null || missing+=(${package[$program]})
  done
  [ ${#missing[@]} -eq 0 ] && return
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    else
      say "livemon needs: ${missing[*]}. Install with: sudo apt-get install ${missing[*]}"
      exit 1
    fi
  fi
  if ! command -v apt-get >/dev/null; then
    say "livemon needs: ${missing[*]}. Install them with your system's package manager (or use environment.yml)."
    exit 1
  fi
  say "Installing ${missing[*]} ..."
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The tests' RTSP camera is GStreamer's server; its Python bindings exist as a Debian package only. Without it those
# tests are skipped and say so.
install_rtsp_server() {
  /usr/bin/python3 -c "import gi; gi.require_version('GstRtspServer', '1.0')" 2>/dev/null && return
  command -v apt-get >/dev/null || return 0
  package[rtsp-server]="python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
    gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly"
  (install_programs rtsp-server) || say "Without them the tests of RTSP cameras are skipped."
}

# Tests of the ledger run over a PostgreSQL of their own; without it they are skipped and say so.
install_postgresql() {
  compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null && return
  command -v initdb >/dev/null && return
  command -v apt-get >/dev/null || return 0
  package[postgresql]=postgresql
  (install_programs postgresql) || say "Without it the tests of PostgreSQL are skipped."
}

# Tests of Home Assistant talk over a broker of their own; without it they are skipped and say so.
install_mosquitto() {
  [ -x /usr/sbin/mosquitto ] && return
  command -v mosquitto >/dev/null && return
  command -v apt-get >/dev/null || return 0
  package[mosquitto]=mosquitto
  (install_programs mosquitto) || say "Without it the tests of MQTT are skipped."
}

# Reports are printed to PDF by WeasyPrint over Pango, in Korean with a Korean font. Without them there is no PDF, or one
# without Korean letters; livemon doctor says so, too.
install_printing() {
  command -v apt-get >/dev/null || return 0
  local missing=()
  # No pipe into grep -q: it ends at the first match, and pipefail takes the broken pipe for "missing".
  [[ $(/sbin/ldconfig -p) == *libpangoft2-1.0.so.0* ]] || missing+=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)
  [ -n "$(fc-list :lang=ko family 2>/dev/null)" ] || missing+=(fontconfig fonts-nanum)
  [ ${#missing[@]} -eq 0 ] && return
  package[printing]="${missing[*]}"
  (install_programs printing) || say "Without them reports have no PDF, or no Korean letters in it."
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      printf '%s' "$candidate"
      return
    fi
  done
  say "livemon needs Python 3.11 or newer: sudo apt-get install python3 python3-venv"
  exit 1
}

install_python_packages() {
  local extra=$1 stamp
  local versions=()
  [ -z "$constraints" ] || versions=(--constraint "$constraints")
  stamp="$venv/.installed-$(cat pyproject.toml ${constraints:+"$constraints"} | sha256sum | cut -c1-16)"
  # The development packages include the others.
  if [ -e "$stamp-dev" ] || { [ -z "$extra" ] && [ -e "$stamp-run" ]; }; then
    return
  fi
  if [ ! -x "$venv/bin/python" ]; then
    local python
    python=$(find_python)
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
      package[ensurepip]=python3-venv
      install_programs ensurepip
    fi
    "$python" -m venv "$venv"
  fi
  say "Installing Python packages into $venv (a minute or two the first time) ..."
  if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${versions[@]}" --editable ".$extra"; then
    say "The packages could not be installed. If $constraints does not fit this Python, leave it out: CONSTRAINTS= make test"
    exit 1
  fi
  if [ -n "$extra" ]; then touch "$stamp-dev"; else touch "$stamp-run"; fi
}

build_player() {
  local js=livemon/web/js static=livemon/web/pages/parts/static
  if [ -z "$(find "$js" -maxdepth 1 -name '*.js*' -newer "$static/panel_player.bundle.js" 2>&1)" ]; then
    return
  fi
  install_programs node npm
  say "Building the player from hls.js ..."
  (cd "$js" && npm ci --silent --no-audit --no-fund && npm run --silent build)
}

case $purpose in
  run)
    install_programs ffmpeg ffprobe
    install_printing
    install_python_packages ""
    ;;
  test)
    install_programs ffmpeg ffprobe chromium
    install_printing
    install_rtsp_server
    install_postgresql
    install_mosquitto
    install_python_packages "[dev]"
    ;;
  browsers)
    install_programs firefox-esr WebKitWebDriver Xvfb
    exit
    ;;
  *)
    say "usage: scripts/setup.sh run|test|browsers"
    exit 2
    ;;
esac
build_player
