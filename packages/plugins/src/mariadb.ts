/**
 * MariaDB: healthy when it answers a query (`mariadb-admin ping` succeeds even without access). A snapshot contains its
 * whole volume: with the server down, all of its files are the database.
 */
import { definePlugin } from "@lastgood/core/plugin/definePlugin"
import * as Schema from "effect/Schema"
import { asking, bounded, either, PathInside, quote, settingsOf, Text } from "./inside.ts"

const Settings = Schema.Struct({
  /** Required if the app has several services. */
  service: Schema.optionalKey(Text),
  /** Default: `root`. */
  user: Schema.optionalKey(Text),
  /** Default: none. */
  database: Schema.optionalKey(Text),
  /** Default: the socket. */
  host: Schema.optionalKey(Text),
  /** Default: the image's `MARIADB_ROOT_PASSWORD_FILE`, else `MARIADB_ROOT_PASSWORD` (or `MYSQL_…`). */
  passwordFile: Schema.optionalKey(PathInside)
})

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of the container
const passwordOfImage =
  'f="${MARIADB_ROOT_PASSWORD_FILE:-${MYSQL_ROOT_PASSWORD_FILE:-}}"; if [ -n "$f" ]; then MYSQL_PWD="$(cat "$f")"; ' +
  'else MYSQL_PWD="${MARIADB_ROOT_PASSWORD:-${MYSQL_ROOT_PASSWORD:-}}"; fi'
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of the container

export const mariadbChecks = ({ service, user = "root", database, host, passwordFile }: typeof Settings.Type) => {
  const password = passwordFile === undefined ? passwordOfImage : `MYSQL_PWD="$(cat ${quote(passwordFile)})"`
  const where = [
    `--user=${quote(user)}`,
    ...(host === undefined ? [] : [`--host=${quote(host)}`]),
    ...(database === undefined ? [] : [`--database=${quote(database)}`])
  ].join(" ")
  // In images before MariaDB 10.4 the client has only the old name.
  const client = either("mariadb", "mysql")
  return [
    asking(`MariaDB${service === undefined ? "" : ` in ${service}`}`, {
      service,
      command: `${password}; export MYSQL_PWD; ${bounded(`${client} ${where} --connect-timeout=3 -NBe ${quote("select 'answers'")}`)}`,
      answer: /^answers/
    })
  ]
}

export default definePlugin({
  recipe: "mariadb",
  settings: settingsOf(Settings),
  health: ({ settings }) => mariadbChecks(settings)
})
