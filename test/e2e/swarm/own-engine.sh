#!/bin/sh
# Runs a command beside a Docker engine of its own (a swarm of one), which may be killed: in a network namespace of its own,
# so that neither its bridges nor its ports meet those of the host's engine. Usage: unshare --net own-engine.sh <command>
# The command finds the engine by DOCKER_HOST, and how to start it again in $ENGINE_START.
set -eu
work=$(mktemp -d "${TMPDIR:-/tmp}/lastgood-engine.XXXXXX")
export DOCKER_HOST="unix://$work/docker.sock" ENGINE_PID_FILE="$work/pid"
export ENGINE_START="exec dockerd --data-root $work/data --exec-root $work/exec --pidfile $work/pid --host $DOCKER_HOST >>$work/log 2>&1 </dev/null"
cleanup() {
  for pid in $(cat "$work/pid" "$work/exec/containerd/containerd.pid" 2>/dev/null); do kill "$pid" 2>/dev/null || true; done
  for _ in $(seq 100); do
    [ -e "$work/pid" ] || break
    sleep 0.1
  done
  # Where it was killed, or did not end in time.
  for proc in /proc/[0-9]*; do
    if { tr '\0' ' ' <"$proc/cmdline" | grep -q "$work/"; } 2>/dev/null; then kill -9 "${proc#/proc/}" 2>/dev/null || true; fi
  done
  # What ran in its containers outlives an engine that was killed, and writes to its volumes.
  ids=$(ls "$work/data/containers" 2>/dev/null | paste -s -d '|')
  if [ -n "$ids" ]; then
    for proc in /proc/[0-9]*; do
      if grep -qE "$ids" "$proc/cgroup" 2>/dev/null; then kill -9 "${proc#/proc/}" 2>/dev/null || true; fi
    done
  fi
  awk -v at="$work/" 'index($2, at) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount --lazy
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
ip link set lo up
setsid sh -c "$ENGINE_START" &
for _ in $(seq 60); do
  docker info >/dev/null 2>&1 && break
  sleep 1
done
docker swarm init --advertise-addr 127.0.0.1 >/dev/null || { tail -20 "$work/log" >&2; exit 1; }
"$@"
