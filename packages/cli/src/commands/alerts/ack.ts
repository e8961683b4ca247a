import type { App } from "@lastgood/core/domain/App"
import { decide } from "@lastgood/core/domain/decide"
import { nextText } from "@lastgood/core/domain/Next"
import { Engine } from "@lastgood/core/engine/Engine"
import { Actor } from "@lastgood/core/engine/Observer"
import { observeWord } from "@lastgood/core/engine/observe"
import { CommandRejected } from "@lastgood/core/engine/Request"
import { withoutAttempt } from "@lastgood/core/engine/report"
import { live } from "@lastgood/core/live"
import { hostApp, hostName } from "@lastgood/reconciler/namedApp"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { act } from "../../acting.ts"
import { BadUsage } from "../../errors.ts"
import { onScreen } from "../../onScreen.ts"
import { Json } from "../../options.ts"
import { reportText } from "../../render/report.ts"
import { liveLine } from "../../render/timeline.ts"
import { print, printJson } from "../../Screen.ts"
import { appNamed, configuration, rootFolder } from "../../session.ts"

/**
 * Only records the acknowledgement: does not observe the app and does not resume an attempt. For alerts without an app, and
 * for an app that is unusable, whose alert may be about that.
 */
const record = Effect.fnUntraced(function* (
  app: App,
  config: Parameters<typeof live>[0],
  alert: string | null,
  waitMs: number
) {
  const request = { _tag: "Acknowledge", alert } as const
  const { report, state } = yield* Effect.gen(function* () {
    const engine = yield* Engine
    const before = yield* engine.state(app)
    const decision = decide(before, yield* observeWord(request))
    if (decision._tag === "Rejected") {
      const { next, reason } = decision
      return yield* new CommandRejected({ app: app.name, reason, next: nextText(app.name, next) })
    }
    if (decision._tag === "Nothing") {
      return { report: withoutAttempt(app.name, before, { outcome: "nothing", why: decision.why }), state: before }
    }
    yield* engine.note(app, { _tag: "Acknowledged", alert, by: yield* Actor }, null, waitMs)
    const state = yield* engine.state(app)
    return { report: withoutAttempt(app.name, state, { outcome: "recorded" }), state }
  }).pipe(Effect.provide(live(config, { readOnly: false })), onScreen({ line: liveLine, daemon: false }))
  if (yield* Json) return yield* printJson({ format: 1, ...report })
  yield* print(reportText(app, request, report, state))
})

/** Works with `--root` alone, without a configuration. */
const onHost = Effect.fnUntraced(function* (alert: string | null, waitMs: number) {
  const root = yield* rootFolder
  yield* record(hostApp(root), { root }, alert, waitMs)
})

const withoutPlugin = Effect.fnUntraced(function* (name: string, alert: string | null, waitMs: number) {
  const config = yield* configuration
  yield* record(yield* appNamed(config, name), config, alert, waitMs)
})

export const run = Effect.fn("Cli.alertsAck")(function* (input: {
  readonly app: string
  readonly alert: Option.Option<string>
  readonly all: boolean
  readonly wait: number
}) {
  if (input.all && Option.isSome(input.alert)) {
    return yield* new BadUsage({
      reason: `an alert (${input.alert.value}) and --all exclude each other`,
      next: "give one of them"
    })
  }
  const alert = input.all ? null : Option.getOrElse(input.alert, () => "")
  if (input.app === hostName) return yield* onHost(alert, input.wait)
  yield* act(input.app, { _tag: "Acknowledge", alert }, input.wait).pipe(
    Effect.catchTag(["PluginBroken", "SettingsInvalid"], () => withoutPlugin(input.app, alert, input.wait))
  )
})
