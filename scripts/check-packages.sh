#!/bin/sh
# Says in one line a missing build dependency which Debian package it belongs to; fails if there is any.
here=$(cd "$(dirname "$0")" && pwd)
status=0
while read -r kind package file; do
  # The compiler cache and the faster linker are welcome, but not needed.
  case "$kind $package" in
    "build ccache" | "build mold" | "build make" | "build g++") continue ;;
    build\ *) [ -e "$file" ] || { echo "missing $file: apt-get install $package (or scripts/install-packages.sh build)" >&2; status=1; } ;;
  esac
done <"$here/packages.txt"
exit $status
