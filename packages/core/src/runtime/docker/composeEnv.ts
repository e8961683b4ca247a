/** The compose files of a release, and the variables for their interpolation. */
import { realpath } from "node:fs/promises"
import { join, resolve, sep } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { kindBehind } from "../../disk/kindAt.ts"
import type { App, Release } from "../../domain/App.ts"
import { readVariables } from "../../secrets/EnvFile.ts"
import { InvalidRelease } from "../Runtime.ts"
import { clientVariables } from "./clientEnv.ts"

/** A release, ready for docker. */
export interface ComposeSource {
  /** Absolute paths. Relative paths in them start from the folder of the first one. */
  readonly files: ReadonlyArray<string>
  readonly variables: Readonly<Record<string, string>>
}

/** Makes the error for one release. */
export type Invalid = (reason: string, next: string) => InvalidRelease

/**
 * Shows names that the operator knows: of the recipe's files without the release's folder, and of the env file the
 * original path.
 */
const inOwnPaths = (app: App, { dir, envFile }: Release, text: string): string => {
  const ownEnv = envFile !== null && app.envFile !== null ? text.replaceAll(envFile, app.envFile) : text
  return ownEnv.replaceAll(`${dir}/`, "")
}

export const invalid =
  (app: App, release: Release): Invalid =>
  (reason, next) =>
    new InvalidRelease({
      app: app.name,
      version: release.version,
      reason: inOwnPaths(app, release, reason),
      next: inOwnPaths(app, release, next)
    })

export interface ComposeSourceOptions {
  /** The files, in the syntax of `COMPOSE_FILE`, when the env file does not list them. */
  readonly unnamed?: string
  /** Variables that a tool gives to the compose files beside those of the env file, which take precedence. */
  readonly added?: Readonly<Record<string, string>>
  /** Folders whose files count beside those of the release, where neither that nor an earlier one has the name. */
  readonly beside?: ReadonlyArray<string>
}

export const composeSource = Effect.fn("Docker.composeSource")(function* (
  app: App,
  release: Release,
  { unnamed = "compose.yml", added = {}, beside = [] }: ComposeSourceOptions = {}
) {
  const fail = invalid(app, release)
  const fromFile = yield* readVariables(release.envFile).pipe(
    Effect.mapError((error) => fail(error.message, error.next))
  )
  const given = { ...fromFile, ...added }
  const taken = Object.keys(given).filter((name) => clientVariables.has(name))
  if (taken.length > 0) {
    return yield* fail(
      `its env file (or abra.sh) sets ${taken.join(", ")}, which the docker client itself uses`,
      "rename the variable there and in the compose file"
    )
  }
  const files = yield* composeFiles(release, fromFile, { unnamed, beside }, fail)
  const source: ComposeSource = {
    files,
    variables: { DOMAIN: app.domain, ...given, STACK_NAME: app.stack }
  }
  return source
})

/** The files that `COMPOSE_FILE` lists. Each must be in the release, also the target of a link (LAW-13). */
const composeFiles = Effect.fnUntraced(function* (
  release: Release,
  variables: Readonly<Record<string, string>>,
  { beside, unnamed }: { readonly beside: ReadonlyArray<string>; readonly unnamed: string },
  fail: Invalid
) {
  const separator = variables["COMPOSE_PATH_SEPARATOR"] || ":"
  const named = variables["COMPOSE_FILE"]?.split(separator) ?? unnamed.split(":")
  const names = named.filter((name) => name !== "")
  if (names.length === 0) return yield* fail("COMPOSE_FILE is empty", "list a file, or remove the variable")
  const files: Array<string> = []
  for (const name of names) {
    const holding = yield* Effect.findFirst([release.dir, ...beside], (place) =>
      Effect.map(real(resolve(place, name)), (path) => path !== null)
    )
    const folder = Option.getOrElse(holding, () => release.dir)
    const root = yield* real(folder)
    const file = yield* real(resolve(folder, name))
    if (file === null || root === null) {
      return yield* fail(
        `it has no file ${name}`,
        "add it to the recipe, or list the recipe's compose files in COMPOSE_FILE of the env file"
      )
    }
    if (!file.startsWith(root + sep)) {
      return yield* fail(`${name} is outside of the recipe`, "copy the file into the recipe")
    }
    if (!(yield* isFile(file))) return yield* fail(`${name} is not a file`, "list the compose file itself")
    files.push(join(root, file.slice(root.length)))
  }
  return files
})

const real = (path: string): Effect.Effect<string | null> =>
  Effect.promise(() =>
    realpath(path).then(
      (resolved) => resolved,
      () => null
    )
  )

const isFile = (path: string): Effect.Effect<boolean> => Effect.map(kindBehind(path), (kind) => kind === "file")
