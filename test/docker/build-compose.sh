#!/bin/sh
# Builds `docker compose` from its sources on the Go module proxy: Debian 12 has no package of it. About three minutes the
# first time, none after that; parallel runs wait for each other. The plugin is not installed: programs that run with
# DOCKER_CONFIG=<the folder that this prints> have it. Needs Go (`apt-get install golang-go`, of any age).
set -eu

version=2.40.3
sum=h1:XeYkQu1svDtyfZPv5nTwFryQ25ZJMkIlc4pz9HalMPI=
# What its go.mod asks for.
needed=1.24.9

folder=${XDG_CACHE_HOME:-$HOME/.cache}/lastgood-test/compose-$version
plugin=$folder/cli-plugins/docker-compose

die() {
  echo "build-compose: $1" >&2
  exit 1
}
# The folder of a module, downloaded if it is not here yet.
download() {
  (cd "$work" && GOTOOLCHAIN=local go mod download -json "$1") >"$work/download.json" 2>"$work/download.log" ||
    die "$1 cannot be downloaded from the Go module proxy ($(go env GOPROXY)): $(cat "$work/download.log" "$work/download.json")"
  sed -n 's/.*"Dir": "\(.*\)".*/\1/p' "$work/download.json"
}

mkdir -p "$folder/cli-plugins"
exec 9>"$folder/lock"
flock 9
if [ -x "$plugin" ]; then
  echo "$folder"
  exit 0
fi
command -v go >/dev/null || die "Go is not installed: apt-get install golang-go"

work=$(mktemp -d "${TMPDIR:-/tmp}/lastgood-test-compose.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
printf 'module build\n\ngo 1.19\n' >"$work/go.mod"

# An older Go gets the one that is needed from the same proxy, as newer ones do by themselves.
has=$(go version | sed 's/.* go\([0-9.]*\).*/\1/')
if [ "$(printf '%s\n%s\n' "$needed" "$has" | sort -V | head -n 1)" != "$needed" ]; then
  toolchain=$(download "golang.org/toolchain@v0.0.1-go$needed.$(go env GOOS)-$(go env GOARCH)")
  cp -r "$toolchain" "$work/go"
  chmod -R u+wx "$work/go"
  PATH=$work/go/bin:$PATH
  export PATH GOROOT="$work/go"
fi

sources=$(download "github.com/docker/compose/v2@v$version")
grep -qF "\"Sum\": \"$sum\"" "$work/download.json" || die "the sources of $version are not those that were known before"
# `go install` refuses a module with `exclude` lines.
cp -r "$sources" "$work/compose"
chmod -R u+w "$work/compose"
cd "$work/compose"
GOTOOLCHAIN=local GOFLAGS=-buildvcs=false CGO_ENABLED=0 go build -trimpath \
  -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=v$version" -o "$folder/new" ./cmd >"$work/build.log" 2>&1 ||
  die "docker compose $version cannot be built: $(tail -n 5 "$work/build.log")"
# Whole or absent.
mv "$folder/new" "$plugin"
echo "built docker compose $version" >&2
echo "$folder"
