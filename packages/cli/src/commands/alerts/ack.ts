import type { App } from "@lastgood/core/domain/App"
import { live } from "@lastgood/core/live"
import { acknowledge, wouldAcknowledge } from "@lastgood/reconciler/acknowledge"
import { hostApp, hostName } from "@lastgood/reconciler/namedApp"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { act } from "../../acting.ts"
import { printDryRun } from "../../dryRun.ts"
import { BadUsage } from "../../errors.ts"
import { onScreen } from "../../onScreen.ts"
import { Json } from "../../options.ts"
import { reportText } from "../../render/report.ts"
import { liveLine } from "../../render/timeline.ts"
import { print, printJson } from "../../Screen.ts"
import { appNamed, configuration, rootFolder } from "../../session.ts"

interface Asked {
  /** Its id or the beginning of it; empty: the only open one; null: all. */
  readonly alert: string | null
  readonly dryRun: boolean
  /** How long to wait for the claim, in milliseconds. */
  readonly wait: number
}

const record = Effect.fnUntraced(function* (
  app: App,
  config: Parameters<typeof live>[0],
  { alert, dryRun, wait }: Asked
) {
  const request = { _tag: "Acknowledge", alert } as const
  if (dryRun) {
    const shown = yield* wouldAcknowledge(app, alert).pipe(Effect.provide(live(config, { readOnly: true })))
    return yield* printDryRun(request, shown)
  }
  const { report, state } = yield* acknowledge(app, alert, wait).pipe(
    Effect.provide(live(config, { readOnly: false })),
    onScreen({ line: liveLine })
  )
  if (yield* Json) return yield* printJson({ format: 1, ...report })
  yield* print(reportText(app, request, report, state))
})

/** Works with `--root` alone, without a configuration. */
const onHost = Effect.fnUntraced(function* (asked: Asked) {
  const root = yield* rootFolder
  yield* record(hostApp(root), { root }, asked)
})

const withoutPlugin = Effect.fnUntraced(function* (name: string, asked: Asked) {
  const config = yield* configuration
  yield* record(yield* appNamed(config, name), config, asked)
})

export const run = Effect.fn("Cli.alertsAck")(function* (input: {
  readonly app: string
  readonly alert: Option.Option<string>
  readonly all: boolean
  readonly dryRun: boolean
  readonly wait: number
}) {
  if (input.all && Option.isSome(input.alert)) {
    return yield* new BadUsage({
      reason: `an alert (${input.alert.value}) and --all exclude each other`,
      next: "give one of them"
    })
  }
  const alert = input.all ? null : Option.getOrElse(input.alert, () => "")
  const { app, dryRun, wait } = input
  const asked = { alert, dryRun, wait }
  if (app === hostName) return yield* onHost(asked)
  yield* act(app, { _tag: "Acknowledge", alert }, wait, dryRun).pipe(
    Effect.catchTag(["PluginBroken", "SettingsInvalid"], () => withoutPlugin(app, asked))
  )
})
