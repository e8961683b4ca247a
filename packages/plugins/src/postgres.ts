/**
 * PostgreSQL: healthy when it answers a query and, with `write`, when it commits. A snapshot contains its whole volume: with
 * the server down, all of its files are the database.
 */
import { definePlugin } from "@lastgood/core/plugin/definePlugin"
import * as Schema from "effect/Schema"
import { asking, bounded, PathInside, quote, settingsOf, Text } from "./inside.ts"

const Settings = Schema.Struct({
  /** Required if the app has several services. */
  service: Schema.optionalKey(Text),
  /** Default: the image's `POSTGRES_USER`, else `postgres`. */
  user: Schema.optionalKey(Text),
  /** Default: the image's `POSTGRES_DB`, else the user's name. */
  database: Schema.optionalKey(Text),
  /** Default: the socket. */
  host: Schema.optionalKey(Text),
  passwordFile: Schema.optionalKey(PathInside),
  write: Schema.optionalKey(Schema.Boolean)
})

const select = "select 'answers'"
/** Writes a temporary table of this session. Its transaction is written to the disk all the same. */
const write =
  "begin; create temporary table lastgood_check (n int) on commit drop; insert into lastgood_check values (1); commit; select 'answers and commits'"

export const postgresChecks = (of: typeof Settings.Type) => {
  const variables = [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of the container
    `PGUSER=${of.user === undefined ? '"${POSTGRES_USER:-postgres}"' : quote(of.user)}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of the container
    `PGDATABASE=${of.database === undefined ? '"${POSTGRES_DB:-$PGUSER}"' : quote(of.database)}`,
    ...(of.host === undefined ? [] : [`PGHOST=${quote(of.host)}`]),
    ...(of.passwordFile === undefined ? [] : [`PGPASSWORD="$(cat ${quote(of.passwordFile)})"`]),
    "PGCONNECT_TIMEOUT=3"
  ]
  const query = of.write === true ? write : select
  return [
    asking(`PostgreSQL${of.service === undefined ? "" : ` in ${of.service}`}`, {
      service: of.service,
      command: `${variables.map((set) => `export ${set}; `).join("")}${bounded(`psql -XqtAw -v ON_ERROR_STOP=1 -c ${quote(query)}`)}`,
      answer: /^answers/
    })
  ]
}

export default definePlugin({
  recipe: "postgres",
  settings: settingsOf(Settings),
  health: ({ settings }) => postgresChecks(settings)
})
