/**
 * The values that must not leave the host: of the configuration, and of every env file of now and of then. More is taken
 * for confidential here than in the log, since strangers read a report.
 */
import { join } from "node:path"
import type { Config } from "@lastgood/core/config/Config"
import { confidentialIn, confidentialInSettings } from "@lastgood/core/secrets/confidential"
import { readVariables, secretsOf } from "@lastgood/core/secrets/EnvFile"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"

export interface KnownSecrets {
  readonly secrets: ReadonlyArray<string>
  /** What could not be read, so that its values are not known; each with why. */
  readonly unread: ReadonlyArray<string>
}

/** Shorter ones (`postgres`) are words that a report is not readable without. */
const longFrom = 12

const isLong = (text: string): boolean => text.length >= longFrom

const stringsIn = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : []
}

const under = (value: unknown, key: string): unknown => (Predicate.hasProperty(value, key) ? value[key] : undefined)

const textsAt = (value: unknown, key: string): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.flatMap((item) => textsAt(item, key))
  const found = under(value, key)
  return typeof found === "string" ? [found] : []
}

/** A webhook's secret stands in its path, a topic's in its name. */
const longPartsOf = (url: string): ReadonlyArray<string> => url.split(/[/?&=#@]+/).filter(isLong)
const ofUrl = (url: string): ReadonlyArray<string> => [url, ...longPartsOf(url)]

/** @param text of the file; null: it cannot be read. */
const inConfiguration = (text: string | null, value: unknown): ReadonlyArray<string> => {
  const apps = under(value, "apps")
  const all = Predicate.isObject(apps) ? Object.values(apps) : []
  const settings = all.map((app) => under(app, "settings"))
  const checks = all.map((app) => under(under(app, "health"), "checks"))
  return [
    ...confidentialIn(text ?? ""),
    ...stringsIn(under(value, "notify")).flatMap(ofUrl),
    ...checks.flatMap((of) => textsAt(of, "http")).flatMap(longPartsOf),
    ...settings.flatMap((of) => [...confidentialInSettings(of), ...stringsIn(of).filter(isLong)])
  ]
}

/** A report names the apps that it is about, even if an env file repeats their names. */
const namesOf = (config: Config | null): ReadonlySet<string> =>
  new Set(
    config === null
      ? []
      : [
          ...[config.root, config.file],
          ...config.apps.flatMap((app) => [app.name, app.domain, app.stack, app.recipe, app.recipeName])
        ]
  )

/** Those that went with releases and snapshots as well: the log is older than today's env file. */
const keptEnvFiles = Effect.fnUntraced(function* (root: string) {
  const fs = yield* FileSystem.FileSystem
  const denied: Array<string> = []
  const below = (folder: string) =>
    fs.readDirectory(folder).pipe(
      Effect.map((names) => names.map((name) => join(folder, name))),
      Effect.catch((error) =>
        Effect.sync((): ReadonlyArray<string> => {
          if (error.reason._tag === "PermissionDenied") denied.push(`what lies in ${folder}: permission denied`)
          return []
        })
      )
    )
  const apps = yield* below(root)
  const folders = yield* Effect.forEach(
    apps.flatMap((app) => [join(app, "releases"), join(app, "snapshots")]),
    below
  )
  const files = yield* Effect.forEach(folders.flat(), below)
  return { paths: files.flat().filter((path) => /\/env(?:\.[^/]*)?$/.test(path)), denied }
})

/** What is known, whatever cannot be read. */
export const knownSecrets = Effect.fn("Report.knownSecrets")(function* (of: {
  readonly text: string | null
  readonly value: unknown
  readonly config: Config | null
  readonly envFiles: ReadonlyArray<string>
  readonly root: string
}) {
  const own = of.config?.apps.flatMap(({ envFile }) => (envFile === null ? [] : [envFile])) ?? of.envFiles
  const kept = yield* keptEnvFiles(of.root)
  const paths = [...new Set([...own, ...kept.paths])]
  const read = yield* Effect.forEach(paths, (path) => Effect.result(readVariables(path)))
  const values = read.filter(Result.isSuccess).map(({ success }) => success)
  const names = namesOf(of.config)
  const known: KnownSecrets = {
    secrets: [
      ...new Set([
        ...values.flatMap((variables) => [
          ...secretsOf(variables),
          // Line by line too: so programs print it.
          ...Object.values(variables).flatMap((text) => [text, ...text.split(/\r?\n/)].filter(isLong))
        ]),
        ...inConfiguration(of.text, of.value)
      ])
    ].filter((secret) => !names.has(secret)),
    unread: [
      ...read.filter(Result.isFailure).map(({ failure }) => failure.message),
      ...kept.denied,
      ...(of.value === undefined ? ["the configuration, its settings, and the env files that it names"] : [])
    ]
  }
  return known
})
