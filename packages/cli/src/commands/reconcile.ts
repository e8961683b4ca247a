import { announceDaemon } from "@lastgood/core/claim/daemonLock"
import type { Config } from "@lastgood/core/config/Config"
import { findConfig } from "@lastgood/core/config/findConfig"
import { addressText } from "@lastgood/core/config/HttpFile"
import { readConfig } from "@lastgood/core/config/loadConfig"
import type { Untrusted } from "@lastgood/core/config/Untrusted"
import { Actor } from "@lastgood/core/engine/Observer"
import { live } from "@lastgood/core/live"
import { nameSinks } from "@lastgood/core/notify/addresses"
import { ping, type Signal } from "@lastgood/core/notify/ping"
import type { PluginBroken, SettingsInvalid } from "@lastgood/core/plugin/PluginError"
import type { Configured, Source } from "@lastgood/reconciler/Configuration"
import { socketFile } from "@lastgood/reconciler/http/socketFile"
import { makeInFlight } from "@lastgood/reconciler/InFlight"
import { marksOf } from "@lastgood/reconciler/marks"
import { isFailure, makeNotifier } from "@lastgood/reconciler/notifier"
import type { PassResult } from "@lastgood/reconciler/pass"
import { type DaemonOptions, reconcile, reconcileOnce } from "@lastgood/reconciler/Reconciler"
import { serviceManagerFromEnv } from "@lastgood/reconciler/ServiceManager"
import type { Facts } from "@lastgood/reconciler/started"
import type { Measure } from "@lastgood/reconciler/telemetry/Measure"
import { telemetrySettings } from "@lastgood/reconciler/telemetry/settings"
import { tell } from "@lastgood/reconciler/teller"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import own from "../../package.json" with { type: "json" }
import { BadUsage, Ended } from "../errors.ts"
import { ExitCode, ofOutcome, worst } from "../exitCode.ts"
import { endOfError } from "../failure.ts"
import { Signalled, takeHangups } from "../Hangups.ts"
import type { LogLine } from "../log/LogLine.ts"
import { StandardOutput } from "../log/StandardOutput.ts"
import { withDaemonLog } from "../onScreen.ts"
import { ConfigFile, Json, Root } from "../options.ts"
import { everyApp, hostOf, type LoadedApp } from "../plugged.ts"
import { oneLine } from "../render/format.ts"
import { print, printJson } from "../Screen.ts"
import { sendAlerts } from "../sendAlerts.ts"
import { configuration } from "../session.ts"

/** An unusable app is a result of the pass like any other, and does not stop other apps. */
const disabledOf = ({ name, app }: LoadedApp): ReadonlyArray<PassResult> => {
  if (Result.isSuccess(app)) return []
  const { message, next } = endOfError(app.failure).failure
  return [{ app: name, outcome: "error", why: message, next, trouble: null }]
}

/** A refusal by a gate, or an app that another process works on, is a normal end of an unattended pass. */
const ofPass = (outcome: PassResult["outcome"]): ExitCode => {
  if (outcome === "skipped" || outcome === "refused") return ExitCode.done
  return outcome === "error" ? ExitCode.error : ofOutcome(outcome)
}

/** An app that should run and is stopped or unhealthy is an error, whatever the pass did. */
const codeOf = ({ outcome, trouble }: PassResult): ExitCode =>
  worst([ofPass(outcome), trouble === null ? ExitCode.done : ExitCode.error])

const lineOf = ({ app, outcome, why, next }: PassResult): string =>
  `${app}: ${outcome}${why === "" ? "" : `: ${why}`}${next === "" ? "" : ` (next: ${next})`}`

/** In the journal, log and results come together, and the log has told all but these. */
const untold = (results: ReadonlyArray<PassResult>) =>
  Effect.map(StandardOutput, ({ reader }) =>
    reader === "journal" ? results.filter(({ outcome }) => outcome === "nothing" || outcome === "skipped") : results
  )

const isTrusted = (failure: Untrusted | PluginBroken | SettingsInvalid): boolean =>
  failure._tag === "PluginBroken" ? failure.isTrusted : failure._tag !== "Untrusted"

const tryPing = (url: string | null, signal: Signal): Effect.Effect<void> =>
  url === null
    ? Effect.void
    : Effect.catch(ping(url, signal), ({ reason }) => Effect.logWarning(`the ping failed: ${reason}`))

/** Tells a dead man's switch that the pass begins, and how it ended. */
const pinged = <A, E, R>(
  url: string | null,
  work: Effect.Effect<A, E, R>,
  results: (ended: A) => ReadonlyArray<PassResult>
) =>
  Effect.andThen(tryPing(url, "start"), work).pipe(
    Effect.tap((ended) => tryPing(url, results(ended).some(isFailure) ? "fail" : "success"))
  )

/** Reads the daemon's configuration and plugins from their files. */
const configuredBy = Effect.fnUntraced(function* (config: Config) {
  const { apps: all, broken } = yield* everyApp(config)
  const files = config.apps.flatMap(({ envFile }) => (envFile === null ? [] : [envFile]))
  const plugins = new Map(all.flatMap(({ file, name }) => (file === null ? [] : [[name, file] as const])))
  const configured: Configured = {
    root: config.root,
    ...hostOf(config, all),
    configured: config.apps.filter(({ name }) => !config.strangeFolders.has(name)),
    isWhole: config.strangeFolders.size === 0,
    // The daemon stops using a file at once when another user could have written it (LAW-17).
    disabled: all.flatMap((one) =>
      disabledOf(one).map(({ app, why, next }) => ({
        ...{ app, why, next },
        isTrusted: Result.isSuccess(one.app) || isTrusted(one.app.failure)
      }))
    ),
    files: [...files, ...plugins.values(), ...config.notifyFiles.map(({ path }) => path)],
    plugins,
    broken: broken.flatMap((one) => {
      const { message, next } = endOfError(one).failure
      return one.file === null ? [] : [{ file: one.file, why: message, next }]
    })
  }
  return { all, configured }
})

/**
 * Reads only the file that the daemon was started with.
 *
 * @param firstMarks of the file, from before `config` was read.
 * @param onRead gets each valid configuration.
 */
const sourceOf = Effect.fnUntraced(function* (
  config: Config,
  firstMarks: ReadonlyMap<string, string>,
  onRead: (config: Config) => void
) {
  // Plugin processes live as long as the daemon, because an upgrade that began with the earlier configuration may still
  // use them. Unused ones exit.
  const context = yield* Effect.context<FileSystem.FileSystem | Scope.Scope>()
  const root = Option.getOrNull(yield* Root)
  const source: Source = {
    file: config.file,
    firstMarks,
    load: readConfig(config.file, root).pipe(
      Effect.tap((read) => Effect.sync(() => onRead(read))),
      Effect.flatMap(configuredBy),
      Effect.map(({ configured }) => configured),
      Effect.mapError((error) => endOfError(error).failure),
      Effect.provideContext(context)
    )
  }
  return source
})

/** Without a secret: a sink is named as in `lastgood alerts`. */
const factsOf = ({ file, http, notify, root }: Config): Facts => ({
  version: own.version,
  config: file,
  root,
  sinks: ["file", ...nameSinks(notify).keys()],
  http: http === null ? [] : [socketFile(root), ...http.listen.map(addressText)]
})

/** The modules of the exporter are loaded only if there is a collector. */
const telemetryFromEnv = Effect.gen(function* () {
  const settings = yield* Effect.mapError(
    telemetrySettings,
    ({ message }) =>
      new BadUsage({
        reason: `a variable of OpenTelemetry is wrong: ${message}`,
        next: "correct it, or set OTEL_SDK_DISABLED=true"
      })
  )
  if (settings === null) return { tracer: null, log: () => undefined, measure: null }
  const { startTelemetry } = yield* Effect.promise(() => import("@lastgood/reconciler/telemetry/telemetry"))
  return yield* startTelemetry(settings, own.version)
})

/** The modules of the server are loaded by the daemon alone. */
const http = (config: Config, writing: ReturnType<typeof live>, measure: Measure | null): DaemonOptions["http"] => {
  const settings = config.http
  if (settings === null && measure === null) return () => Effect.void
  if (settings === null) {
    return ({ configured }) =>
      Effect.flatMap(
        Effect.promise(() => import("@lastgood/reconciler/metrics/alone")),
        ({ measureAlone }) =>
          measure === null ? Effect.void : measureAlone({ configured, root: config.root }, measure)
      )
  }
  return (face) =>
    Effect.flatMap(
      Effect.promise(() => import("@lastgood/reconciler/http/serve")),
      ({ serve }) => {
        const { file, root } = config
        const reading = live(config, { readOnly: true })
        return serve({ ...face, root, file, version: own.version, reading, writing }, settings, measure)
      }
    )
}

export const run = Effect.fn("Cli.reconcile")(function* (input: {
  readonly once: boolean
  readonly concurrency: number
  readonly skipFetch: boolean
}) {
  const firstMarks = yield* marksOf(yield* findConfig(Option.getOrNull(yield* ConfigFile)), [])
  const config = yield* configuration
  const { all, configured } = yield* configuredBy(config)
  const disabled = all.flatMap(disabledOf)
  let present: Config = config
  const world = live({ root: config.root, notify: Effect.sync(() => present.notify) }, { readOnly: false })
  const settings = Effect.sync(() => ({ ...present, hasSinks: present.notify.length > 0 }))
  const options = { world, concurrency: input.concurrency, fetch: !input.skipFetch }
  const inFlight = makeInFlight()
  const service = yield* serviceManagerFromEnv
  let onLine: (line: LogLine) => void = () => undefined
  let measure: Measure | null = null
  const work = Effect.gen(function* () {
    yield* Effect.forEach(disabled, tell)
    if (input.once) {
      const passed = pinged(config.ping, reconcileOnce(options, configured), (ended) => [...ended, ...disabled])
      return yield* Effect.tap(passed, () => sendAlerts(config, configured.apps))
    }
    const { hangup } = yield* takeHangups
    yield* announceDaemon(config.root, yield* Actor)
    const notifier = yield* makeNotifier(config.root, world, settings)
    const source = yield* sourceOf(config, firstMarks, (read) => {
      present = read
    })
    const signalled = yield* Signalled
    return yield* reconcile({
      ...options,
      ...{ source, first: configured, hangup, notifier, service, inFlight },
      http: http(config, world, measure),
      facts: factsOf(config),
      endedBy: () => signalled() ?? "its output has no reader"
    })
  })
  const results = yield* Effect.gen(function* () {
    const { log, tracer, measure: send } = yield* telemetryFromEnv
    onLine = log
    measure = send
    return yield* tracer === null ? work : Effect.withTracer(work, tracer)
  }).pipe(
    Effect.scoped,
    withDaemonLog(input.once, {
      onEvent: (app, event) => {
        inFlight.follow(app, event)
        if (!input.once) service.status(inFlight.status())
      },
      onLine: (line) => onLine(line)
    })
  )
  const passed = [...results, ...disabled]
  if (yield* Json) yield* printJson({ format: 1, apps: passed })
  else yield* print((yield* untold(passed)).map((result) => oneLine(lineOf(result))).join("\n"))
  const code = worst(passed.map(codeOf))
  if (code !== ExitCode.done) return yield* new Ended({ code })
})
