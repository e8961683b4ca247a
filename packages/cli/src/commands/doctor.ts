import { live } from "@lastgood/core/live"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Result from "effect/Result"
import { appFindings } from "../doctor/app.ts"
import { type Finding, fail, ok } from "../doctor/Finding.ts"
import { hostFindings } from "../doctor/host.ts"
import { Ended } from "../errors.ts"
import { ExitCode } from "../exitCode.ts"
import { endOfError } from "../failure.ts"
import { onScreen } from "../onScreen.ts"
import { Json } from "../options.ts"
import { type PluggedApp, pluggedApps } from "../plugged.ts"
import { oneLine, plural } from "../render/format.ts"
import { liveLine } from "../render/timeline.ts"
import { print, printJson } from "../Screen.ts"
import { configuration } from "../session.ts"

const ofApp = ({ app, name }: PluggedApp) => {
  if (Result.isSuccess(app)) return appFindings(app.success)
  const { message, next } = endOfError(app.failure).failure
  return Effect.succeed([fail({ app: name, what: "plugin" }, message, next)])
}

const lineOf = ({ app, level, next, seen, what }: Finding): string => {
  const line = `${level.toUpperCase().padEnd(4)}  ${app === null ? "" : `${app}: `}${what}: ${oneLine(seen)}`
  return next === "" ? line : `${line}\n      next: ${oneLine(next)}`
}

export const run = Effect.fn("doctor")(function* (input: { readonly app: Option.Option<string> }) {
  const config = yield* configuration
  const apps = yield* pluggedApps(config, input.app)
  const kinds = new Set(apps.flatMap(({ app }) => (Result.isSuccess(app) ? [app.success.runtime] : [])))
  const findings = yield* Effect.gen(function* () {
    const host = yield* hostFindings(config.root, [...kinds])
    const each = yield* Effect.forEach(apps, ofApp)
    return [
      ok({ app: null, what: "configuration" }, `${config.file}: ${plural(apps.length, "app")}`),
      ...host,
      ...each.flat()
    ]
  }).pipe(Effect.provide(live(config, { readOnly: true })), onScreen({ line: liveLine, daemon: false }))
  const healthy = findings.every((f) => f.level !== "fail")
  if (yield* Json) yield* printJson({ format: 1, ok: healthy, findings })
  else yield* print(findings.map(lineOf).join("\n"))
  if (!healthy) return yield* new Ended({ code: ExitCode.error })
})
