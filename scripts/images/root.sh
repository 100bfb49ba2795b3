#!/usr/bin/env bash
# Lays out the root of a function's image: root.sh BINARY FOLDER
set -euo pipefail

binary=$1 root=$2

umask 022
install -D --mode 0755 "$binary" "$root/function"
install -D --mode 0644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
