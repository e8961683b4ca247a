#!/bin/sh
# Builds the images that the Docker tests run, without a registry: what is there already stays, so a second run ends at
# once, and parallel runs wait for each other. Usage: build-images.sh [image] …   (default: all of them)
#
#   busybox   lastgood-test/busybox:1     busybox-static and nothing else
#             lastgood-test/volume:1      the same with a VOLUME of its own: what makes an anonymous volume
#   debian    lastgood-test/debian:12     what the ones below are made from
#   debian13  lastgood-test/debian:13     what lastgood's own image is made from
#   host      lastgood-test/host:12       what a host has for lastgood: git, libatomic1; no Node
#   systemd   lastgood-test/systemd:12    the same with systemd as its first process
#   postgres  lastgood-test/postgres:15-2 PostgreSQL 15; data in /var/lib/postgresql/data, `trust` on socket and loopback
#   mariadb   lastgood-test/mariadb:10    MariaDB 10.11; data in /var/lib/mysql
#   redis     lastgood-test/redis:7       Redis 7; data in /data
#   keycloak  lastgood-test/keycloak:<v>  Keycloak 26.0.0 and 26.4.7, built for PostgreSQL, on OpenJDK 17
#
# Servers are Debian's, Keycloak is Maven Central's (150 MB each, kept by mvn in its local repository).
# LASTGOOD_TEST_MIRROR: the Debian mirror to take; default: the one that this host's apt uses.
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

debian_image() { debian_of bookworm lastgood-test/debian:12; }
debian13_image() { debian_of trixie lastgood-test/debian:13; }

debian_of() {
  have_image "$2" && return 0
  command -v debootstrap >/dev/null || die "debootstrap is not installed: apt-get install debootstrap"
  [ "$(id -u)" = 0 ] || die "debootstrap needs root: run this as root"
  from=$(mirror)
  [ -n "$from" ] || die "apt on this host has no mirror for Debian $suite: set LASTGOOD_TEST_MIRROR"
  root=$work/debian
  # A folder for temporary files that is set here does not exist in there, and a package's script would fail for it.
  env -u TMPDIR debootstrap --variant=minbase "$1" "$root" "$from"
  unmount
  # Packages start no servers, and nothing is kept of them that no test uses.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  printf 'path-exclude=/usr/share/%s/*\n' doc man locale >"$root/etc/dpkg/dpkg.cfg.d/lastgood-test"
  echo 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };' >"$root/etc/apt/apt.conf.d/lastgood-test"
  rm -rf "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/locale "$root"/var/lib/apt/lists "$root"/var/cache/apt/*
  # Java cannot be installed without it.
  mkdir -p "$root/usr/share/man/man1"
  import "$root" "$2" --change 'CMD ["bash"]'
}

# From a Dockerfile on the standard input. The host's network: it is the one that reaches the mirror.
build() {
  DOCKER_BUILDKIT=0 docker build --quiet --force-rm --network host --tag "$1" --file - "$2" >/dev/null 2>"$work/build.log" || {
    cat "$work/build.log" >&2
    die "$1 cannot be built"
  }
  echo "built $1"
}
install='RUN export DEBIAN_FRONTEND=noninteractive && apt-get update -qq && apt-get install -qq --no-install-recommends'
# What belongs to one step of a build is removed in the same step, or it stays in the image.
and_clean='rm -rf /var/lib/apt/lists /var/cache/apt/*'

host_image() {
  have_image lastgood-test/host:12 && return 0
  need debian
  build lastgood-test/host:12 "$here/entrypoints" <<-EOF
	FROM lastgood-test/debian:12
	$install git libatomic1 && $and_clean
	EOF
}

systemd_image() {
  have_image lastgood-test/systemd:12 && return 0
  need host
  build lastgood-test/systemd:12 "$here/entrypoints" <<-EOF
	FROM lastgood-test/host:12
	$install systemd systemd-sysv dbus libstdc++6 procps && $and_clean /usr/sbin/policy-rc.d
	EOF
}

postgres_image() {
  have_image lastgood-test/postgres:15-2 && return 0
  need debian
  # The image holds no cluster: the entrypoint makes one in the volume. Compilers are half of what is installed.
  build lastgood-test/postgres:15-2 "$here/entrypoints" <<-EOF
	FROM lastgood-test/debian:12
	RUN mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
	$install postgresql-15 && $and_clean /usr/lib/*/libLLVM* /usr/lib/postgresql/15/lib/bitcode /usr/lib/postgresql/15/lib/llvmjit*
	COPY postgres.sh /usr/local/bin/postgres-entrypoint
	ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin
	EXPOSE 5432
	VOLUME /var/lib/postgresql/data
	ENTRYPOINT ["/usr/local/bin/postgres-entrypoint"]
	EOF
}

mariadb_image() {
  have_image lastgood-test/mariadb:10 && return 0
  need debian
  build lastgood-test/mariadb:10 "$here/entrypoints" <<-EOF
	FROM lastgood-test/debian:12
	RUN useradd --system --home-dir /nonexistent mysql
	$install mariadb-server-core mariadb-client-core && $and_clean
	COPY mariadb.sh /usr/local/bin/mariadb-entrypoint
	EXPOSE 3306
	VOLUME /var/lib/mysql
	ENTRYPOINT ["/usr/local/bin/mariadb-entrypoint"]
	EOF
}

redis_image() {
  have_image lastgood-test/redis:7 && return 0
  need debian
  build lastgood-test/redis:7 "$here/entrypoints" <<-EOF
	FROM lastgood-test/debian:12
	$install redis-server && $and_clean
	EXPOSE 6379
	VOLUME /data
	ENTRYPOINT ["redis-server", "--dir", "/data", "--bind", "0.0.0.0", "--protected-mode", "no"]
	EOF
}

java_image() {
  have_image lastgood-test/java:17 && return 0
  need debian
  build lastgood-test/java:17 "$here/entrypoints" <<-EOF
	FROM lastgood-test/debian:12
	$install openjdk-17-jre-headless && $and_clean
	EOF
}

# Maven keeps what it downloaded in its local repository, so it is downloaded once.
keycloak_image() {
  for version in 26.0.0 26.4.7; do
    have_image "lastgood-test/keycloak:$version" && continue
    need java
    artifact=keycloak-quarkus-dist-$version.tar.gz
    folder=$HOME/.m2/repository/org/keycloak/keycloak-quarkus-dist/$version
    if [ ! -f "$folder/$artifact" ]; then
      command -v mvn >/dev/null || die "Keycloak $version cannot be downloaded without mvn: apt-get install maven"
      mvn -B -U -q -Dstyle.color=never "-Dmaven.repo.local=$HOME/.m2/repository" dependency:get -Dtransitive=false \
        "-Dartifact=org.keycloak:keycloak-quarkus-dist:$version:tar.gz" >"$work/mvn.log" 2>&1 ||
        die "Keycloak $version cannot be downloaded from Maven Central: $(grep -m 1 ERROR "$work/mvn.log")"
    fi
    tree=$work/keycloak
    rm -rf "$tree"
    mkdir -p "$tree"
    tar -C "$tree" --strip-components=1 -xzf "$folder/$artifact" || die "$folder/$artifact is damaged: remove it"
    # Built for its database now: each start would do it again.
    build "lastgood-test/keycloak:$version" "$tree" <<-EOF
	FROM lastgood-test/java:17
	COPY . /opt/keycloak
	ENV KC_DB=postgres KC_HEALTH_ENABLED=true KC_CACHE=local
	RUN /opt/keycloak/bin/kc.sh build
	EXPOSE 8080 9000
	ENTRYPOINT ["/opt/keycloak/bin/kc.sh"]
	EOF
    rm -rf "$tree"
  done
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
  for mounted in "$work"/debian/proc "$work"/debian/sys; do
    if mountpoint -q "$mounted"; then umount "$mounted"; fi
  done
}
trap 'unmount; rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM

# One lock per image: who needs busybox does not wait for PostgreSQL. In a process of its own, which lets go of it.
need() (
  exec 9>"${TMPDIR:-/tmp}/lastgood-test-images.$1.lock"
  flock 9
  "$1_image"
)

all="busybox host postgres mariadb redis keycloak"
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $all
for image in "$@"; do
  case " $all debian debian13 java systemd " in
    *" $image "*) need "$image" ;;
    *) die "no such image: $image (there are: $all)" ;;
  esac
done
