#!/bin/sh
# Makes the cluster on first start, then runs the server in the foreground. SIGTERM becomes a fast shutdown: PostgreSQL's
# own reading of it waits for every client to leave.
# POSTGRES_PASSWORD_FILE, POSTGRES_USER: a role and its database of the same name, for clients of other containers.
set -eu
data=/var/lib/postgresql/data
as_postgres='setpriv --reuid=postgres --regid=postgres --init-groups'

chown postgres:postgres "$data"
chmod 700 "$data"
if [ ! -s "$data/PG_VERSION" ]; then
  $as_postgres initdb --pgdata="$data" --auth=trust --username=postgres --encoding=UTF8
  if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
    printf "listen_addresses = '*'\n" >>"$data/postgresql.conf"
    printf 'host all all all scram-sha-256\n' >>"$data/pg_hba.conf"
    printf "create role %s login password '%s';\ncreate database %s owner %s;\n" \
      "$POSTGRES_USER" "$(cat "$POSTGRES_PASSWORD_FILE")" "$POSTGRES_USER" "$POSTGRES_USER" |
      $as_postgres postgres --single -D "$data" postgres >/dev/null
  fi
fi
$as_postgres postgres -D "$data" -k /var/run/postgresql "$@" &
server=$!
trap 'kill -INT "$server"' TERM INT
# A trapped signal ends the first wait early; the second one returns the server's own exit code.
wait "$server" || wait "$server"
