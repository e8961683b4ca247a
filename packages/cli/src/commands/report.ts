/** Writes the data for a bug report into one file, without secrets. Changes nothing, and works if other commands fail. */
import { resolve } from "node:path"
import { assertOwnRoot } from "@lastgood/core/config/ownFolders"
import { iso } from "@lastgood/core/domain/time"
import { appOf } from "@lastgood/core/engine/Journal"
import { EventStore } from "@lastgood/core/log/EventStore"
import * as EventStoreSqlite from "@lastgood/core/log/EventStoreSqlite"
import { logFile } from "@lastgood/core/log/logFile"
import { redact } from "@lastgood/core/secrets/Redact"
import * as Clock from "effect/Clock"
import { layerWebCrypto } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { type Finding, lineOf } from "../doctor/Finding.ts"
import { UnknownApp } from "../errors.ts"
import { endOfError } from "../failure.ts"
import { Json } from "../options.ts"
import { lookAt } from "../ownLook.ts"
import { oneLine, plural, size } from "../render/format.ts"
import { packed, writeBundle } from "../report/bundle.ts"
import { type Configured, configured } from "../report/configured.ts"
import { readHistory } from "../report/history.ts"
import { knownSecrets } from "../report/knownSecrets.ts"
import { type Content, failedFile, makePart, type Part } from "../report/Part.ts"
import { readme } from "../report/readme.ts"
import { redactedJson, redactedLines } from "../report/redacted.ts"
import { shownConfig } from "../report/shownConfig.ts"
import { versions } from "../report/versions.ts"
import { print, printJson } from "../Screen.ts"
import { examine } from "./doctor.ts"

type App = Option.Option<string>

/** Opens the log alone, read-only. */
const onLog = <A, E, R>(root: string, work: Effect.Effect<A, E, R>) =>
  Effect.andThen(
    assertOwnRoot(root),
    work.pipe(
      Effect.provide(EventStoreSqlite.layerReadOnly({ path: logFile(root) }).pipe(Layer.provide(layerWebCrypto)))
    )
  )

/** Refuses a name that neither the configuration nor the log knows, unless one of them cannot be read. */
const assertKnown = Effect.fnUntraced(function* ({ config, file, root }: Configured, app: App) {
  if (Option.isNone(app) || Result.isFailure(config)) return
  const inLog = yield* Effect.option(
    onLog(
      root,
      EventStore.use((store) => store.streams)
    )
  )
  const known = [
    ...new Set([...config.success.apps.map(({ name }) => name), ...Option.getOrElse(inLog, () => []).map(appOf)])
  ]
  if (Option.isSome(inLog) && !known.includes(app.value)) {
    return yield* new UnknownApp({ app: app.value, known, file: file ?? "" })
  }
})

const ofConfiguration = ({ config, file, root, value }: Configured, secrets: ReadonlyArray<string>) =>
  Effect.suspend(() => {
    const trouble = Result.isSuccess(config) ? undefined : `${config.failure.message}\nnext: ${config.failure.next}`
    const content = value === undefined ? null : shownConfig(value)
    return Effect.succeed({ text: redactedJson({ file, root, content }, secrets), trouble })
  })

const ofLog = (root: string, app: App, secrets: ReadonlyArray<string>) =>
  Effect.map(onLog(root, readHistory(app)), ({ events, stopped }) => ({
    text: redactedLines(events, secrets),
    trouble: stopped === null ? undefined : endOfError(stopped).failure.message
  }))

const ofCheck = (root: string) =>
  onLog(
    root,
    EventStore.use((store) => store.verify())
  )

const partsOf = (of: Configured, app: App, secrets: ReadonlyArray<string>) => {
  const whose = Option.getOrElse(app, () => "all apps")
  const part = <E, R>(file: string, what: string, content: Effect.Effect<Content, E, R>) =>
    makePart(file, what, secrets, content)
  const json = (found: unknown) => ({ text: redactedJson(found, secrets) })
  const lines = (found: ReadonlyArray<Finding>) => ({ text: redact(`${found.map(lineOf).join("\n")}\n`, secrets) })
  return Effect.all([
    part(
      "versions.json",
      "versions of lastgood, of what it runs on and of the tools that it calls",
      Effect.map(versions, json)
    ),
    part(
      "configuration.json",
      "the configuration, without secrets, settings of plugins and URLs of checks",
      ofConfiguration(of, secrets)
    ),
    part("status.json", `expected and observed state of ${whose}`, Effect.map(lookAt(app, false), json)),
    part("doctor.txt", `findings of lastgood doctor about this host and ${whose}`, Effect.map(examine(app), lines)),
    part("log.jsonl", `events of ${whose}, one per line`, ofLog(of.root, app, secrets)),
    part("log-check.json", "result of verifying the log's hash chain", Effect.map(ofCheck(of.root), json))
  ])
}

const filesOf = ({ file, text, trouble }: Part) => [
  ...(text === null ? [] : [{ name: file, text }]),
  ...(trouble === null ? [] : [{ name: failedFile(file), text: `${trouble}\n` }])
]

const toldOf = ({ file, text, trouble, what }: Part) =>
  text === null || trouble !== null
    ? `  ${file.padEnd(20)} ${text === null ? "FAILED" : "incomplete"}: ${oneLine((trouble ?? "").split("\n")[0] ?? "")}`
    : `  ${file.padEnd(20)} ${what}`

export const run = Effect.fn("Cli.report")(function* (input: {
  readonly app: App
  readonly output: Option.Option<string>
}) {
  const of = yield* configured
  yield* assertKnown(of, input.app)
  const { secrets, unread } = yield* knownSecrets({ ...of, config: Option.getOrNull(Result.getSuccess(of.config)) })
  const now = yield* Clock.currentTimeMillis
  // Without the host's name, because others see the file's name.
  const whose = Option.getOrElse(input.app, () => "all").replace(/[^\w.-]/g, "_")
  const name = `lastgood-report-${whose}-${iso(now).replace(/[-:]|\.\d+/g, "")}`
  const parts = yield* partsOf(of, input.app, secrets)
  const files = [{ name: "README.txt", text: redact(readme(parts, unread), secrets) }, ...parts.flatMap(filesOf)]
  const written = resolve(Option.getOrElse(input.output, () => `${name}.tar.gz`))
  const bytes = packed(name, new Date(now), files)
  yield* writeBundle(written, bytes)
  if (yield* Json) {
    const told = parts.map(({ file, text, trouble, what }) => ({ file, what, written: text !== null, trouble }))
    return yield* printJson({ format: 1, written, bytes: bytes.length, parts: told })
  }
  yield* print(
    [
      `wrote ${written}: ${plural(files.length, "file")}, ${size(bytes.length)}`,
      ...parts.map(toldOf),
      `next: read it before you send it (tar -xzOf ${written}): secrets are ***, names of apps, hosts and paths are not`
    ].join("\n")
  )
})
