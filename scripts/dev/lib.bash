# Shared by the scripts of this folder and its parent: where we are, how to talk, how much to run at once. Sourced, not run.
# shellcheck shell=bash

TRELLIS_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '==> %s\n' "$*" >&2; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# A wrong call is told apart from a failed one: exit code 2.
usage_error() {
  printf '%s: %s\nTry: %s --help\n' "${0##*/}" "$*" "$0" >&2
  exit 2
}

# The comment block at the top of a script is its --help: one text, kept beside the code.
TRELLIS_SCRIPT=$(realpath "$0")  # scripts change their folder
print_help() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$TRELLIS_SCRIPT"; }

# A compiler process takes up to a gigabyte, so memory bounds the jobs as well as cores do.
jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
  ((memory < 1)) && memory=1
  echo "${TRELLIS_JOBS:-$((cores < memory ? cores : memory))}"
}

# configure_and_build PRESET [target...]
configure_and_build() {
  local preset=$1
  shift
  local targets=()
  (($#)) && targets=(--target "$@")
  say "configure $preset"
  (cd "$TRELLIS_ROOT" && cmake --preset "$preset" --log-level=NOTICE) || return 1
  say "build $preset with $(jobs) jobs"
  (cd "$TRELLIS_ROOT" && cmake --build --preset "$preset" -j "$(jobs)" "${targets[@]}")
}

# Every C and C++ source of the project that is ours to judge, as paths from the root. Released headers stay as they were.
list_sources() {
  (cd "$TRELLIS_ROOT" && git ls-files --cached --others --exclude-standard -- \
    '*.c' '*.h' '*.cpp' '*.hpp' | grep -v '^sdk/abi-history/' | while read -r file; do [[ -f $file ]] && echo "$file"; done)
}
