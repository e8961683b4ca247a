import type { App } from "@lastgood/core/domain/App"
import { live } from "@lastgood/core/live"
import { acknowledge } from "@lastgood/reconciler/acknowledge"
import { hostApp, hostName } from "@lastgood/reconciler/namedApp"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { carryOut } from "../../acting.ts"
import { BadUsage } from "../../errors.ts"
import { onScreen } from "../../onScreen.ts"
import { Json } from "../../options.ts"
import { reportText } from "../../render/report.ts"
import { liveLine } from "../../render/timeline.ts"
import { print, printJson } from "../../Screen.ts"
import { appNamed, configuration, rootFolder } from "../../session.ts"

const record = Effect.fnUntraced(function* (
  app: App,
  config: Parameters<typeof live>[0],
  alert: string | null,
  waitMs: number
) {
  const { report, state } = yield* acknowledge(app, alert, waitMs).pipe(
    Effect.provide(live(config, { readOnly: false })),
    onScreen({ line: liveLine })
  )
  if (yield* Json) return yield* printJson({ format: 1, ...report })
  yield* print(reportText(app, { _tag: "Acknowledge", alert }, report, state))
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
  yield* carryOut(input.app, { _tag: "Acknowledge", alert }, input.wait).pipe(
    Effect.catchTag(["PluginBroken", "SettingsInvalid"], () => withoutPlugin(input.app, alert, input.wait))
  )
})
