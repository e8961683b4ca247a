/**
 * The values that must not leave the host: of the configuration, and of every present and past env file. A report treats
 * more values as secret than the log does, because strangers read it.
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
  /** Files whose values are unknown because they could not be read, each with the reason. */
  readonly unread: ReadonlyArray<string>
}

/** Shorter values, such as `postgres`, are ordinary words that a report needs. */
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

/** The secret of a webhook is in its path, that of a topic in its name. */
const longPartsOf = (url: string): ReadonlyArray<string> =>
  [/[/?&=#@]+/, /[/?&=#@:,]+/].flatMap((separators) => url.split(separators)).filter(isLong)
const ofUrl = (url: string): ReadonlyArray<string> => [url, ...longPartsOf(url)]

/** @param text text of the file; null: unreadable. */
const inConfiguration = (text: string | null, value: unknown): ReadonlyArray<string> => {
  const apps = under(value, "apps")
  const all = Predicate.isObject(apps) ? Object.values(apps) : []
  const settings = all.map((app) => under(app, "settings"))
  const checks = all.map((app) => under(under(app, "health"), "checks"))
  return [
    ...confidentialIn(text ?? ""),
    ...stringsIn(under(value, "notify")).flatMap(ofUrl),
    ...textsAt(value, "ping").flatMap(ofUrl),
    ...checks.flatMap((of) => textsAt(of, "http")).flatMap(longPartsOf),
    ...settings.flatMap((of) => [...confidentialInSettings(of), ...stringsIn(of).filter(isLong)])
  ]
}

/** Names of apps stay readable, even if an env file repeats them. */
const namesOf = (config: Config | null): ReadonlySet<string> =>
  new Set(
    config === null
      ? []
      : [
          ...[config.root, config.file],
          ...config.apps.flatMap((app) => [app.name, app.domain, app.stack, app.recipe, app.recipeName])
        ]
  )

/** Includes the env files of releases and snapshots, because events may be older than the present env file. */
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

/** Collects the secrets of all readable files. */
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
          // Also line by line, because programs print a value so.
          ...Object.values(variables).flatMap((text) => [text, ...text.split(/\r?\n/)].filter(isLong))
        ]),
        ...inConfiguration(of.text, of.value),
        // Also those that are in files.
        ...(of.config?.notify.flatMap(({ secrets }) => secrets.filter(isLong)) ?? [])
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
