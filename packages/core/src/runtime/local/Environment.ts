/** The environment of an app's processes. */
import { createHash } from "node:crypto"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { App, Release } from "../../domain/App.ts"
import { ownHome, ownPath } from "../../process/environment.ts"
import { EnvFileUnreadable, readVariables, secretsOf } from "../../secrets/EnvFile.ts"
import { InvalidRelease } from "../Runtime.ts"
import { volumeFolder } from "./Volumes.ts"

/**
 * Inherited from lastgood's own environment. The app's files define everything else (LAW-17). PATH and HOME are the
 * same as for every tool.
 */
const inherited = { PATH: ownPath, HOME: ownHome, LANG: String, TZ: String }

const volumeVariable = (name: string): string => `LASTGOOD_VOLUME_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`

export interface Environment {
  /** For every process; `LASTGOOD_PROCESS` is added to each. */
  readonly variables: Readonly<Record<string, string>>
  /** Changes with the release, and with every variable of the processes. */
  readonly deployment: string
  /** The part that the app's own files define, independent of where lastgood was started from. */
  readonly asked: Readonly<Record<string, string>>
  /** Values that no error and no evidence may contain (LAW-12). */
  readonly secrets: ReadonlyArray<string>
}

export const environmentFor = Effect.fn("Local.environment")(function* (app: App, release: Release) {
  const fromFile = yield* readVariables(release.envFile).pipe(
    Effect.mapError((error) => {
      // A release has a copy of its env file. Errors name the original, which is the one to correct.
      const { message: reason, next } =
        app.envFile === null ? error : new EnvFileUnreadable({ ...error, path: app.envFile })
      return new InvalidRelease({ app: app.name, version: release.version, reason, next })
    })
  )
  const base: Record<string, string> = {}
  for (const [name, cleaned] of Object.entries(inherited)) {
    const value = yield* Config.String(name).pipe(Config.option, Effect.orElseSucceed(Option.none))
    if (Option.isSome(value)) base[name] = cleaned(value.value)
  }
  const asked: Record<string, string> = {
    ...fromFile,
    LASTGOOD_APP: app.name,
    LASTGOOD_APP_DIR: app.dir,
    LASTGOOD_STACK: app.stack,
    LASTGOOD_DOMAIN: app.domain,
    LASTGOOD_VERSION: release.version,
    LASTGOOD_COMMIT: release.commit,
    ...Object.fromEntries(app.volumes.map((name) => [volumeVariable(name), volumeFolder(app, name)]))
  }
  const variables = { ...base, ...asked }
  const deployment = createHash("sha256")
    .update(JSON.stringify([release.dir, Object.entries({ ...fromFile, ...variables }).toSorted()]))
    .digest("hex")
  const environment: Environment = { variables, deployment, asked, secrets: secretsOf(fromFile) }
  return environment
})
