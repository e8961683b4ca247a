/**
 * A plugin for most recipes, configured by settings alone (`plugin: generic`): pages and their answers, open ports, and
 * services that are databases, which are checked as their own plugins would.
 */
import { exec, grpc, http, type PluginCheck, tcp } from "@lastgood/core/plugin/checks"
import { definePlugin } from "@lastgood/core/plugin/definePlugin"
import * as Schema from "effect/Schema"
import { HttpUrl, settingsOf, Text } from "./inside.ts"
import { mariadbChecks } from "./mariadb.ts"
import { postgresChecks } from "./postgres.ts"
import { redisChecks } from "./redis.ts"

const databases = { postgres: postgresChecks, mariadb: mariadbChecks, redis: redisChecks }

const Page = Schema.Struct({
  path: Schema.String.pipe(Schema.check(Schema.isPattern(/^\/\S*$/, { expected: "a path that starts with /" }))),
  status: Schema.optionalKey(Schema.Int),
  contains: Schema.optionalKey(Schema.NonEmptyString)
})

const Address = Schema.String.pipe(
  Schema.check(
    Schema.isPattern(/^(?:\[[\da-fA-F:.]+\]|[^\s:[\]/@]+):\d{1,5}$/, {
      expected: "a host and a port, such as 127.0.0.1:25"
    })
  )
)

const Settings = Schema.Struct({
  /** The app's URL. Default: `https://<domain>`. */
  url: Schema.optionalKey(HttpUrl),
  /** Default: `/` answers 200, unless there are other checks. */
  http: Schema.optionalKey(Schema.Array(Page)),
  tcp: Schema.optionalKey(Schema.Array(Address)),
  grpc: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({
        address: Address,
        service: Schema.optionalKey(Schema.NonEmptyString),
        tls: Schema.optionalKey(Schema.Boolean)
      })
    )
  ),
  /** Commands by service; exit code 0 is healthy. */
  exec: Schema.optionalKey(Schema.Record(Schema.String, Text)),
  /** The kind of each database, by service: `db: postgres`. */
  databases: Schema.optionalKey(Schema.Record(Schema.String, Schema.Literals(["postgres", "mariadb", "redis"])))
})

export default definePlugin({
  recipe: "generic",
  settings: settingsOf(Settings),
  health: ({ domain, settings }): ReadonlyArray<PluginCheck> => {
    const base = (settings.url ?? `https://${domain}`).replace(/\/+$/, "")
    const others: ReadonlyArray<PluginCheck> = [
      ...(settings.tcp ?? []).map((address) => tcp(address)),
      ...(settings.grpc ?? []).map(({ address, ...options }) => grpc(address, options)),
      ...Object.entries(settings.exec ?? {}).map(([service, command]) => exec(command, { service })),
      ...Object.entries(settings.databases ?? {}).flatMap(([service, kind]) => databases[kind]({ service }))
    ]
    const pages = settings.http ?? (others.length > 0 && settings.url === undefined ? [] : [{ path: "/" }])
    return [...pages.map(({ path, ...answer }) => http({ url: `${base}${path}`, ...answer })), ...others]
  }
})
