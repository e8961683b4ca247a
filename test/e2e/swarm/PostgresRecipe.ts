/**
 * A recipe as operators have them: PostgreSQL with a data volume, whose versions migrate the schema when they start. Each
 * tag is a version; the app writes rows for as long as it lives, also while it is being stopped.
 */
import { chmod, mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { initRecipe, tagRecipe } from "@lastgood/testing/recipe"
import * as Effect from "effect/Effect"
import { postgresImage } from "../../docker/images.ts"

const compose = `
services:
  db:
    image: ${postgresImage}
    entrypoint: ["sh", "/start.sh"]
    stop_grace_period: 20s
    configs:
      - source: start
        target: /start.sh
    volumes:
      - data:/var/lib/postgresql/data
    networks: [inner]
    deploy:
      endpoint_mode: dnsrr
      restart_policy:
        delay: 1s
networks:
  inner:
volumes:
  data:
configs:
  start:
    file: ./start.sh
`

/** Starts the server, migrates, then keeps writing; on SIGTERM it writes a little longer before it stops. */
const start = (migration: string) => `
set -eu
postgres-entrypoint &
server=$!
sql() { psql -h /var/run/postgresql -U postgres -v ON_ERROR_STOP=1 -qtAc "$1"; }
ready=0
for i in $(seq 300); do
  if sql 'select 1' >/dev/null 2>&1; then ready=1; break; fi
  sleep 0.1
done
[ $ready = 1 ]
sql 'create table if not exists guests (name text not null)'
sql 'create table if not exists schema_version (v int not null)'
sql 'create table if not exists ticks (at timestamptz not null default now())'
${migration}
stopping=0
trap 'stopping=1' TERM
while [ $stopping = 0 ]; do sql 'insert into ticks default values' || true; sleep 0.2; done
for i in $(seq 5); do sql 'insert into ticks default values' || true; sleep 0.1; done
kill -TERM $server
wait $server
`

const migrateTo = (version: number, statements: string) =>
  `[ "$(sql 'select coalesce(max(v), 0) from schema_version')" -ge ${version} ] || sql "begin; ${statements}; insert into schema_version values (${version}); commit"`

const one = migrateTo(1, "select 1")
const two = migrateTo(2, "alter table guests add column email text not null default ''")

/** What the app asks of its database to be well: the column that every healthy version of it reads. */
export const healthQuery = "select count(name) from guests"

export const versions = {
  first: "1.0.0+15.1.0",
  /** Migrates forward, is healthy. */
  second: "1.1.0+15.2.0",
  /** Ends at once, again and again. */
  broken: "1.2.0+15.3.0",
  /** Migrates one way, writes a row, and then cannot be used. */
  unhealthy: "1.3.0+15.4.0"
} as const

const scripts: Readonly<Record<string, string>> = {
  [versions.first]: start(one),
  [versions.second]: start(`${one}\n${two}`),
  [versions.broken]: "echo 'cannot start: license file is missing'; exit 3\n",
  [versions.unhealthy]: start(
    `${one}\n${two}\n${migrateTo(3, "alter table guests rename column name to full_name; insert into guests (full_name) values ('written by 1.3')")}`
  )
}

/** @returns the folder of a git repository with one tag per version. */
export const makePostgresRecipe = async (
  folder: string,
  { name, text }: { readonly name: string; readonly text: string } = { name: "postgres-recipe", text: compose }
): Promise<string> => {
  const repository = join(folder, name)
  await mkdir(repository)
  await Effect.runPromise(initRecipe(repository))
  await writeFile(join(repository, "compose.yml"), text)
  for (const [version, script] of Object.entries(scripts)) {
    await writeFile(join(repository, "start.sh"), script)
    await chmod(join(repository, "start.sh"), 0o755)
    await Effect.runPromise(tagRecipe(repository, version))
  }
  return repository
}
