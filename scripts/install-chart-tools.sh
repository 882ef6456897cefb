#!/usr/bin/env bash
# Gets helm and kubeconform, which the tests of the chart run, where they are not on PATH yet: into
# ~/.cache/payguard-tools/bin, outside the repository, so that the next checkout finds them. Ends with 1, and says why, when
# one of them cannot be had.
#
# By `go install` where there is a Go: the module proxy's checksum database vouches for what is built (2 min 10 s for helm on
# two cores the first time, 5 s for kubeconform). Else by download from their own release pages, checked against the sums
# beside them. No package registry is a better way: Debian has neither, PyPI has wrappers and Helm 4 as a library, npm's
# helm-package is Helm 2 for other systems.
set -euo pipefail

HELM=v3.22.0
KUBECONFORM=v0.8.0
# A build takes minutes on a slow machine, a download seconds; past this it hangs.
BUILD_LIMIT=20m
DOWNLOAD=(curl --fail --silent --show-error --location --connect-timeout 10 --max-time 180)

CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/payguard-tools"
SYSTEM="$(uname -s | tr '[:upper:]' '[:lower:]')"
case "$(uname -m)" in x86_64) ARCH=amd64 ;; aarch64 | arm64) ARCH=arm64 ;; *) ARCH="$(uname -m)" ;; esac

# get NAME VERSION GO_PACKAGE FOLDER_URL ARCHIVE SUMS
get() {
  local name=$1 version=$2 package=$3
  local found kept="$CACHE/$name-$version"
  found="$(command -v "$name" || true)"
  # One of your own will do. Ours may be of an older version.
  if [ -n "$found" ] && [ "$found" != "$CACHE/bin/$name" ]; then return 0; fi
  if [ ! -x "$kept/$name" ]; then
    # Built beside its place: one that was interrupted is never taken for the whole.
    local part
    mkdir -p "$CACHE"
    part="$(mktemp -d "$CACHE/part.XXXXXX")"
    if ! build "$part" "$package@$version" && ! download "$part" "$name" "${@:4}"; then
      rm -rf "$part"
      echo "$name $version cannot be had: the lines above say why." >&2
      return 1
    fi
    rm -rf "$kept"
    mv "$part" "$kept"
  fi
  mkdir -p "$CACHE/bin"
  ln -sfn "$kept/$name" "$CACHE/bin/$name"
}

build() {
  command -v go >/dev/null || return 1
  echo "building $2 (some minutes the first time)"
  # A Go that is too old fetches the one that is asked for, where it can (Go 1.21 and later).
  GOTOOLCHAIN="${GOTOOLCHAIN:-auto}" CGO_ENABLED=0 GOBIN="$1" \
    timeout "$BUILD_LIMIT" go install -trimpath -ldflags='-s -w' "$2"
}

download() {
  local part=$1 name=$2 folder=$3 archive=$4 sums=$5
  echo "downloading $folder/$archive"
  "${DOWNLOAD[@]}" --output "$part/$archive" "$folder/$archive" &&
    "${DOWNLOAD[@]}" --output "$part/sums" "$folder/$sums" &&
    (cd "$part" && grep -F "$archive" sums | sha256sum --check --quiet -) &&
    tar -xzf "$part/$archive" -C "$part" &&
    { [ -x "$part/$name" ] || mv "$part/$SYSTEM-$ARCH/$name" "$part/$name"; }
}

failed=0
get helm "$HELM" helm.sh/helm/v3/cmd/helm \
  https://get.helm.sh "helm-$HELM-$SYSTEM-$ARCH.tar.gz" "helm-$HELM-$SYSTEM-$ARCH.tar.gz.sha256sum" || failed=1
get kubeconform "$KUBECONFORM" github.com/yannh/kubeconform/cmd/kubeconform \
  "https://github.com/yannh/kubeconform/releases/download/$KUBECONFORM" "kubeconform-$SYSTEM-$ARCH.tar.gz" CHECKSUMS || failed=1
exit "$failed"
