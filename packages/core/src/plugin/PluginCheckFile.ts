/** A health check that a plugin's `health` returns: as in the configuration, or code of the plugin. */
import * as Schema from "effect/Schema"
import { CheckFile, checkKeys, distinct, toCheck } from "../config/CheckFile.ts"
import type { Check } from "../domain/Check.ts"
import type { LookInside } from "../domain/Extension.ts"
import { orList } from "../domain/orList.ts"
import { timeout } from "../health/Kind.ts"
import { line } from "../yaml/text.ts"

const isLook = (value: unknown): value is LookInside => typeof value === "function"

const CheckInside = Schema.Struct({
  check: line({ expected: "the name of a check", description: "Its name in the log and in status." }),
  look: Schema.declare(isLook, { expected: "a function that throws if the app is unhealthy" }),
  timeout
})

const PluginCheck = Schema.Union([...CheckFile.members, CheckInside]).annotate({
  expected: `a check with one of the keys ${orList([...checkKeys, "check"])}`,
  // Never quoted: a command or a URL in its place may hold a password.
  secret: true
})

const PluginChecks = Schema.Array(PluginCheck).annotate({ expected: "a list of checks" })

export const decodeChecks = Schema.decodeUnknownResult(PluginChecks)

export const toPluginChecks = (checks: typeof PluginChecks.Type, domain: string): ReadonlyArray<Check> =>
  distinct(
    checks.map(
      (check): Check =>
        "check" in check
          ? { kind: "plugin", name: check.check, look: check.look, timeoutMs: check.timeout }
          : toCheck(check, domain)
    )
  )
