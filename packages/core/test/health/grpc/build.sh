#!/bin/sh
# Builds the gRPC server of the tests and prints where it is. A minute the first time, none after that; parallel runs wait
# for each other. Needs Go (1.19 or newer) and the Go module proxy.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
key=$(cat "$here/main.go" "$here/go.mod" "$here/go.sum" | sha256sum | cut -c1-16)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/lastgood-test/grpc-$key

mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [ ! -x "$folder/server" ]; then
  cd "$here"
  GOTOOLCHAIN=local GOFLAGS=-buildvcs=false CGO_ENABLED=0 go build -trimpath -o "$folder/new" . >&2
  # Whole or absent.
  mv "$folder/new" "$folder/server"
fi
echo "$folder/server"
