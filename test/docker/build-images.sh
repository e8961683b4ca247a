#!/bin/sh
# Builds the images that the Docker tests run, without a registry: what is there already stays, so a second run ends at
# once, and parallel runs wait for each other. Usage: build-images.sh [busybox] [postgres]   (default: both)
#
#   lastgood-test/busybox:1    busybox-static and nothing else
#   lastgood-test/volume:1     the same with a VOLUME of its own: what makes an anonymous volume
#   lastgood-test/postgres:15  Debian's PostgreSQL 15; data in /var/lib/postgresql/data, `trust` on socket and loopback
#
# LASTGOOD_TEST_MIRROR: the Debian mirror to take PostgreSQL from; default: the one that this host's apt uses.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
suite=bookworm

die() {
  echo "build-images: $1" >&2
  exit 1
}
have_image() { docker image inspect "$1" >/dev/null 2>&1; }

mirror() {
  if [ -n "${LASTGOOD_TEST_MIRROR:-}" ]; then
    echo "$LASTGOOD_TEST_MIRROR"
  else
    apt-cache policy | awk -v suite="$suite/main" '$3 == suite && !seen++ { print $2 }'
  fi
}

busybox_image() {
  have_image lastgood-test/busybox:1 && have_image lastgood-test/volume:1 && return 0
  busybox=$(command -v busybox) || die "busybox is not installed: apt-get install busybox-static"
  if ldd "$busybox" >/dev/null 2>&1; then
    die "$busybox is not the static one: apt-get install busybox-static"
  fi
  root=$work/busybox
  mkdir -p "$root/bin" "$root/etc" "$root/tmp" "$root/root"
  cp "$busybox" "$root/bin/busybox"
  for applet in $("$busybox" --list); do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
  done
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
  echo 'root:x:0:' >"$root/etc/group"
  import "$root" lastgood-test/busybox:1 --change 'CMD ["sh"]'
  import "$root" lastgood-test/volume:1 --change 'CMD ["sh"]' --change 'VOLUME /data'
}

postgres_image() {
  have_image lastgood-test/postgres:15 && return 0
  command -v debootstrap >/dev/null || die "debootstrap is not installed: apt-get install debootstrap"
  [ "$(id -u)" = 0 ] || die "debootstrap needs root: run this as root"
  from=$(mirror)
  [ -n "$from" ] || die "apt on this host has no mirror for Debian $suite: set LASTGOOD_TEST_MIRROR"
  root=$work/postgres
  debootstrap --variant=minbase "$suite" "$root" "$from"
  # The image must hold no cluster: the entrypoint makes one in the volume.
  mkdir -p "$root/etc/postgresql-common"
  echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.conf"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-15
  # Compilers, documentation and package lists are half of the image and are never used by a test.
  rm -rf "$root"/usr/lib/*/libLLVM* "$root"/usr/lib/postgresql/15/lib/bitcode "$root"/usr/lib/postgresql/15/lib/llvmjit* \
    "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/locale "$root"/var/lib/apt/lists "$root"/var/cache/apt
  unmount
  install -m 755 "$here/postgres-entrypoint.sh" "$root/usr/local/bin/postgres-entrypoint"
  import "$root" lastgood-test/postgres:15 \
    --change 'ENTRYPOINT ["/usr/local/bin/postgres-entrypoint"]' \
    --change 'ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin' \
    --change 'EXPOSE 5432' \
    --change 'VOLUME /var/lib/postgresql/data'
}

# The tag is set by the engine after the whole archive was read: an interrupted build leaves no half image behind it.
import() {
  tree=$1
  tag=$2
  shift 2
  tar -C "$tree" --numeric-owner -cf "$work/image.tar" .
  docker import "$@" "$work/image.tar" "$tag" >/dev/null
  rm -f "$work/image.tar"
  echo "built $tag"
}

command -v docker >/dev/null || die "docker is not installed: apt-get install docker.io"
docker version --format '{{.Server.Version}}' >/dev/null || die "the Docker engine does not answer: start it first"

work=$(mktemp -d "${TMPDIR:-/tmp}/lastgood-test-images.XXXXXX")
# debootstrap may leave the tree's own /proc and /sys mounted: they belong neither into the image nor under `rm`.
unmount() {
  for mounted in "$work"/postgres/proc "$work"/postgres/sys; do
    if mountpoint -q "$mounted"; then umount "$mounted"; fi
  done
}
trap 'unmount; rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM

[ $# -gt 0 ] || set -- busybox postgres
for image in "$@"; do
  # One lock per image: who needs busybox does not wait for PostgreSQL.
  exec 9>"${TMPDIR:-/tmp}/lastgood-test-images.$image.lock"
  flock 9
  case $image in
    busybox) busybox_image ;;
    postgres) postgres_image ;;
    *) die "no such image: $image (there are: busybox, postgres)" ;;
  esac
done
