import type { RuntimeKind } from "@lastgood/core/domain/RuntimeKind"
import { live } from "@lastgood/core/live"
import type { PluginBroken } from "@lastgood/core/plugin/PluginError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { appFindings } from "../doctor/app.ts"
import { fail, isSound, lineOf, ok, warn } from "../doctor/Finding.ts"
import { deadRuntimes, hostFindings } from "../doctor/host.ts"
import { leftFindings } from "../doctor/left.ts"
import { proofOf } from "../doctor/proof.ts"
import { sinkFindings } from "../doctor/sinks.ts"
import { onePerFact, summaryOf, summaryText } from "../doctor/summary.ts"
import { BadUsage, Ended } from "../errors.ts"
import { ExitCode } from "../exitCode.ts"
import { endOfError } from "../failure.ts"
import { onScreen } from "../onScreen.ts"
import { Json } from "../options.ts"
import { type LoadedApp, pluggedFor } from "../plugged.ts"
import { plural } from "../render/format.ts"
import { liveLine } from "../render/timeline.ts"
import { print, printJson } from "../Screen.ts"
import { configuration } from "../session.ts"

const ofApp = ({ app, name }: LoadedApp, dead: ReadonlySet<RuntimeKind>, isRootWritable: boolean) => {
  if (Result.isSuccess(app)) {
    return appFindings(app.success, { isRuntimeDead: dead.has(app.success.runtime), isRootWritable })
  }
  // The broken plugin is a finding of the host.
  if (app.failure._tag === "PluginBroken") {
    const seen = "its plugin, or one that may be for its recipe, is broken"
    return Effect.succeed([warn({ app: name, what: "not checked" }, seen, "")])
  }
  const { message, next } = endOfError(app.failure).failure
  const what = app.failure._tag === "Untrusted" ? "folder" : "plugin"
  return Effect.succeed([fail({ app: name, what }, message, next)])
}

/** Reports broken plugins, also those that serve no configured app. */
const brokenPlugin = (error: PluginBroken) => {
  const { message, next } = endOfError(error).failure
  return fail({ app: null, what: "plugin" }, message, next)
}

/** The checks that take no app down. */
export const examine = Effect.fnUntraced(function* (named: Option.Option<string>) {
  const config = yield* configuration
  const { apps, broken } = yield* pluggedFor(config, named)
  const kinds = new Set(apps.flatMap(({ app }) => (Result.isSuccess(app) ? [app.success.runtime] : [])))
  return yield* Effect.gen(function* () {
    const host = [...(yield* hostFindings(config.root, [...kinds])), ...(yield* sinkFindings(config))]
    const isRootWritable = !host.some(({ level, what }) => level === "fail" && what === "root")
    const dead = deadRuntimes(host, [...kinds])
    const each = yield* Effect.forEach(apps, (app) => ofApp(app, dead, isRootWritable))
    return onePerFact([
      ok({ app: null, what: "configuration" }, `${config.file}: ${plural(apps.length, "app")}`),
      ...broken.map(brokenPlugin),
      ...host,
      ...(Option.isNone(named) ? yield* leftFindings(config) : []),
      ...each.flat()
    ])
  }).pipe(Effect.provide(live(config, { readOnly: true })), onScreen({ line: liveLine }))
})

export const run = Effect.fn("Cli.doctor")(function* (input: {
  readonly app: Option.Option<string>
  readonly prove: boolean
  readonly wait: number
}) {
  if (input.prove && Option.isNone(input.app)) {
    return yield* new BadUsage({
      reason: "--prove needs an app, because it takes it down",
      next: "lastgood doctor <app> --prove"
    })
  }
  const examined = yield* examine(input.app)
  // An app with failed findings is not taken down for the proof.
  const proof =
    input.prove && isSound(examined)
      ? yield* proofOf(
          Option.getOrElse(input.app, () => ""),
          input.wait
        )
      : []
  const findings = [...examined, ...proof]
  const healthy = isSound(findings)
  const summary = summaryOf(findings)
  if (yield* Json) yield* printJson({ format: 1, ok: healthy, findings, summary })
  else yield* print([...findings.map(lineOf), summaryText(summary)].join("\n"))
  if (!healthy) return yield* new Ended({ code: ExitCode.error })
})
