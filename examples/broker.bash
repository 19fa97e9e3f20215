# For run.sh of the examples: starts a broker on an example's configuration and tells its ports.
#
#   source ../broker.bash
#   start_broker "$plugins"       exits with 77 where there is no trellis program
#   port mqtt                     prints the port of the listener named mqtt
#   finish < actual               compares with expect.txt
#
# TRELLIS_BIN names the program; without it the one in PATH is taken.

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'if [[ -n ${broker-} ]]; then kill "$broker" 2>/dev/null; wait "$broker" 2>/dev/null; fi; rm -rf "$work"' EXIT

start_broker() {
  local program=${TRELLIS_BIN:-trellis}
  if ! command -v "$program" >/dev/null; then
    echo "no trellis program: set TRELLIS_BIN to try this example" >&2
    exit 77
  fi
  # The configuration finds the plugins and a place for files through these.
  TRELLIS_EXAMPLE_PLUGINS=$(cd "${1:-$here/build/plugins}" && pwd) TRELLIS_EXAMPLE_DATA=$work \
    "$program" run --config "$here/trellis.json" >"$work/out" 2>"$work/log" &
  broker=$!
  # The program prints "ready" once it serves; the pause is between two looks, not a guess.
  for _ in $(seq 200); do
    if grep -qx ready "$work/out"; then return; fi
    kill -0 "$broker" 2>/dev/null || break
    sleep 0.05
  done
  echo "the broker did not start:" >&2
  cat "$work/out" "$work/log" >&2
  exit 1
}

port() { sed -n "s/^listening $1 .*:\([0-9]*\)\$/\1/p" "$work/out"; }

# Waits up to ten seconds until a command succeeds.
until_true() {
  for _ in $(seq 200); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.05
  done
  echo "never became true: $*" >&2
  cat "$work/log" >&2
  exit 1
}

finish() {
  cat >"$work/actual"
  diff -u "$here/expect.txt" "$work/actual" || { cat "$work/log" >&2; exit 1; }
  echo "as expected:"
  cat "$here/expect.txt"
}
