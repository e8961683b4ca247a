#!/bin/sh
# Makes the tables of the server on first start, then runs it in the foreground; SIGTERM stops it.
# MARIADB_ROOT_PASSWORD_FILE: the password of root, everywhere; without it root needs none.
set -eu
data=/var/lib/mysql

mkdir -p /run/mysqld
chown mysql:mysql "$data" /run/mysqld
[ -d "$data/mysql" ] ||
  mariadb-install-db --user=mysql --datadir="$data" --skip-test-db --auth-root-authentication-method=normal >/dev/null
init=/run/mysqld/init.sql
password=$([ -z "${MARIADB_ROOT_PASSWORD_FILE:-}" ] || cat "$MARIADB_ROOT_PASSWORD_FILE")
printf "alter user root@localhost identified by '%s';\n" "$password" >"$init"
exec mariadbd --user=mysql --datadir="$data" --init-file="$init" "$@"
