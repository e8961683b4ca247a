/** The files and variables of a release for `docker compose`, when the release does not list them. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { kindAt } from "../../disk/kindAt.ts"
import { faultOf, faultText, personOf, remedyFor } from "../../disk/ownership.ts"
import type { App, Release } from "../../domain/App.ts"
import { realSource } from "../../host/hostSource.ts"
import { type ComposeSource, composeSource, invalid } from "../docker/composeEnv.ts"

/** Compose uses the first of each that exists. */
export const usualFiles = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
export const usualOverrides = [
  "compose.override.yml",
  "compose.override.yaml",
  "docker-compose.override.yml",
  "docker-compose.override.yaml"
]

/** A release, ready for docker compose. */
export interface ProjectSource extends ComposeSource {
  /** The folder of the release, or that of the app, to which paths are relative. */
  readonly dir: string
  /** null: there is none, and compose must not search for one. */
  readonly envFile: string | null
}

export const projectSource = Effect.fn("Compose.source")(function* (app: App, release: Release) {
  const envFile = release.envFile ?? (yield* ownEnvFile(release))
  const { folder } = app
  const fault = folder === null ? null : faultOf(folder, personOf(folder))
  if (fault !== null) {
    const reason = `another user could change what its folder ${folder} says: ${faultText(fault)}`
    return yield* invalid(app, release)(reason, remedyFor(fault))
  }
  const copy = release.operatorFiles
  const found = yield* foundIn([release.dir, ...(yield* besideOf(app, release))])
  const unnamed = found.length === 0 ? "compose.yml" : found.join(":")
  const { files, variables } = yield* composeSource(
    app,
    { ...release, envFile },
    { unnamed, beside: folder === null ? [] : [...(copy === undefined ? [] : [copy]), folder] }
  )
  if (folder !== null) yield* assertTrusted(app, release, files)
  const source: ProjectSource = { files, variables, dir: folder ?? release.dir, envFile }
  return source
})

/**
 * Where compose finds files that the version does not contain: in the app's folder, or in the copy that the release was
 * deployed with. One that was put into the folder since then, or removed from it, makes no difference to that release
 * (LAW-2).
 */
const besideOf = Effect.fnUntraced(function* (
  { folder, recipe, versions }: App,
  { operatorFiles }: Pick<Release, "operatorFiles">
) {
  if (folder === null) return []
  if (operatorFiles !== undefined) return [operatorFiles]
  const isWhole = versions.kind === "images" && (yield* realSource(recipe)) === (yield* realSource(folder))
  return isWhole ? [] : [folder]
})

/** LAW-17: what docker reads as root from the app's folder. Files of the release are lastgood's own. */
export const assertTrusted = Effect.fnUntraced(function* (app: App, release: Release, files: ReadonlyArray<string>) {
  const person = personOf(app.folder)
  const faults = files.flatMap((file) => faultOf(file, person) ?? [])
  const [first] = faults
  if (first === undefined) return
  const reason = `another user could change files of its folder: ${faults.map(faultText).join("; ")}`
  return yield* invalid(app, release)(reason, remedyFor(first))
})

/** The files that compose finds itself: the first is the project's, the second overrides it. */
export const foundIn = Effect.fnUntraced(function* (places: ReadonlyArray<string>) {
  const main = yield* firstIn(places, usualFiles)
  const override = yield* firstIn(places, usualOverrides)
  return main === undefined ? [] : [main, ...(override === undefined ? [] : [override])]
})

/** An app without an env file uses its recipe's `.env`. A link is not followed: it could lead anywhere (LAW-13). */
export const ownEnvFile = ({ dir }: Pick<Release, "dir">): Effect.Effect<string | null> =>
  Effect.map(firstOf(dir, [".env"]), (name) => (name === undefined ? null : join(dir, name)))

/** In the first of the places that has any. */
const firstIn = (places: ReadonlyArray<string>, names: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(places, (dir) => firstOf(dir, names)),
    (found) => found.find((name) => name !== undefined)
  )

const firstOf = (dir: string, names: ReadonlyArray<string>): Effect.Effect<string | undefined> =>
  Effect.findFirst(names, (name) => Effect.map(kindAt(join(dir, name)), (kind) => kind === "file")).pipe(
    Effect.map((found) => (found._tag === "Some" ? found.value : undefined))
  )

/** The first arguments of every call for a release. The override is read from standard input. */
export const sourceFlags = ({ files, dir, envFile }: ProjectSource): ReadonlyArray<string> => [
  "--project-directory",
  dir,
  "--env-file",
  envFile ?? "/dev/null",
  ...files.flatMap((file) => ["--file", file])
]

/**
 * Variables for compose beside the env file, which it reads itself. Compose prefers its environment over the env file,
 * so the env file's value is repeated here.
 */
export const sourceEnv = ({ variables }: ProjectSource, app: App): Readonly<Record<string, string>> => ({
  STACK_NAME: app.stack,
  DOMAIN: variables["DOMAIN"] ?? app.domain
})
