#!/bin/sh
# Makes the cluster on first start, then runs the server in the foreground. SIGTERM becomes a fast shutdown: PostgreSQL's
# own reading of it waits for every client to leave.
set -eu
data=/var/lib/postgresql/data
as_postgres='setpriv --reuid=postgres --regid=postgres --init-groups'

chown postgres:postgres "$data"
chmod 700 "$data"
[ -s "$data/PG_VERSION" ] || $as_postgres initdb --pgdata="$data" --auth=trust --username=postgres --encoding=UTF8
$as_postgres postgres -D "$data" -k /var/run/postgresql "$@" &
server=$!
trap 'kill -INT "$server"' TERM INT
# A trapped signal ends the first wait early; the second one returns the server's own exit code.
wait "$server" || wait "$server"
