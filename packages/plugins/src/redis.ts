/**
 * Redis (and Valkey): healthy when it answers `PONG`. While it loads its data it does not, although the client exits with 0.
 * A snapshot contains its whole volume.
 */
import { definePlugin } from "@lastgood/core/plugin/definePlugin"
import * as Schema from "effect/Schema"
import { asking, bounded, either, PathInside, quote, settingsOf, Text } from "./inside.ts"

const Settings = Schema.Struct({
  /** Required if the app has several services. */
  service: Schema.optionalKey(Text),
  /** Default: 6379. */
  port: Schema.optionalKey(Schema.Int),
  passwordFile: Schema.optionalKey(PathInside),
  /** Sets a key `lastgood:check` that expires after a second. A server that cannot save its data refuses it. */
  write: Schema.optionalKey(Schema.Boolean)
})

export const redisChecks = ({ service, port = 6379, passwordFile, write = false }: typeof Settings.Type) => {
  const password =
    passwordFile === undefined ? "" : `REDISCLI_AUTH="$(cat ${quote(passwordFile)})"; export REDISCLI_AUTH; `
  const client = `${either("redis-cli", "valkey-cli")} -p ${port}`
  const ask = (words: string) => password + bounded(`${client} ${words}`)
  const name = `Redis${service === undefined ? "" : ` in ${service}`}`
  return [
    asking(name, { service, command: ask("ping"), answer: /^PONG$/ }),
    ...(write
      ? [asking(`${name}, writing`, { service, command: ask("set lastgood:check 1 px 1000"), answer: /^OK$/ })]
      : [])
  ]
}

export default definePlugin({
  recipe: "redis",
  settings: settingsOf(Settings),
  health: ({ settings }) => redisChecks(settings)
})
