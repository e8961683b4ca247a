/**
 * Reads a release's compose files: by the docker client itself where it can (its reading is what counts), else here.
 */
import { readFile } from "node:fs/promises"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { parse } from "yaml"
import type { App, Release } from "../../domain/App.ts"
import { redact } from "../../process/Redact.ts"
import type { Call, Docker } from "../docker/Docker.ts"
import { type Compose, composeOf, mergeCompose } from "./Compose.ts"
import { type ComposeSource, type Invalid, invalid } from "./composeEnv.ts"
import { interpolate } from "./interpolate.ts"

export interface ReadRelease {
  readonly compose: Compose
  /** `version:` of the first file, which all files of one stack must share for old clients; null: it has none. */
  readonly schemaVersion: string | null
}

const repair = "correct the recipe or the env file, then see what docker says: docker stack config -c compose.yml"

export const readCompose = Effect.fn("swarm.readCompose")(function* (
  docker: Docker,
  call: Call,
  app: App,
  release: Release,
  source: ComposeSource
) {
  const fail = invalid(app, release)
  const files = yield* Effect.forEach(source.files, (file) => parseFile(file, source, fail))
  const [first] = files
  const schemaVersion = Predicate.hasProperty(first, "version") ? String(first.version) : null
  const shown = yield* stackConfig(docker, call, source, fail)
  const folder = dirname(source.files[0] ?? release.dir)
  const compose =
    shown === null
      ? yield* readHere(files, app, folder, source, fail)
      : yield* modelOf(parse(shown), app, folder, source, fail)
  if (compose.services.length === 0) return yield* fail("its compose file has no services", repair)
  const nameless = compose.services.find(({ image }) => image === null || image === "")
  if (nameless !== undefined) return yield* fail(`its service ${nameless.name} names no image`, repair)
  const read: ReadRelease = { compose, schemaVersion }
  return read
})

/** What the client makes of the files: merged, interpolated, checked. null: this client is too old to say. */
const stackConfig = Effect.fnUntraced(function* (docker: Docker, call: Call, source: ComposeSource, fail: Invalid) {
  const files = source.files.flatMap((file) => ["--compose-file", file])
  const { code, stdout, stderr } = yield* docker.run(call, ["stack", "config", ...files], {
    env: source.variables,
    codes: [0, 1, 125]
  })
  if (code === 0) return stdout
  if (/unknown (shorthand )?flag|unknown command/i.test(stderr)) return null
  return yield* fail(redact(stderr.trim().split("\n").slice(0, 5).join("; "), source.secrets), repair)
})

const readHere = Effect.fnUntraced(function* (
  documents: ReadonlyArray<unknown>,
  app: App,
  folder: string,
  source: ComposeSource,
  fail: Invalid
) {
  const models = yield* Effect.forEach(documents, (document) => {
    const interpolated = interpolate(document, source.variables)
    return Result.isFailure(interpolated)
      ? Effect.fail(fail(interpolated.failure.reason, repair))
      : modelOf(interpolated.success, app, folder, source, fail)
  })
  return models.reduce(mergeCompose)
})

const modelOf = (document: unknown, app: App, folder: string, source: ComposeSource, fail: Invalid) =>
  composeOf(document, app.stack, folder).pipe(
    Effect.mapError((error) => fail(redact(error.message, source.secrets).slice(0, 500), repair))
  )

const parseFile = (file: string, source: ComposeSource, fail: Invalid) =>
  Effect.tryPromise({
    try: async (): Promise<unknown> => parse(await readFile(file, "utf8"), { merge: true }),
    catch: (cause) => {
      const said = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause)
      return fail(`${file.slice(dirname(source.files[0] ?? file).length + 1)}: ${redact(said, source.secrets)}`, repair)
    }
  })
