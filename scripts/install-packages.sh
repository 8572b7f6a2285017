#!/bin/sh
# Installs the Debian packages of the given kinds that are missing: install-packages.sh [build] [run] [lint]
# (all kinds without arguments). Does nothing, and asks for no rights, when all are there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- build run lint
missing=
for kind in "$@"; do
  while read -r row_kind package file; do
    if [ "$row_kind" = "$kind" ] && [ ! -e "$file" ]; then missing="$missing $package"; fi
  done <"$here/packages.txt"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
  echo "missing:$missing; this is no Debian, so install their counterparts by hand" >&2
  exit 1
fi
sudo=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "missing:$missing; run as root: apt-get install$missing" >&2; exit 1; }
  sudo=sudo
fi
echo "installing:$missing"
# shellcheck disable=SC2086  # a list of words
install() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null; }
# The package lists may be old or missing: fetch them only if it does not work without.
install 2>/dev/null || { $sudo apt-get update -q >/dev/null && install; }
