/**
 * Reads a release's compose files: with the docker client if it can show them, because its reading is decisive;
 * otherwise here.
 */
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { readSmallText } from "../../disk/readSmallFile.ts"
import type { App, Release } from "../../domain/App.ts"
import { parseSource } from "../../yaml/Source.ts"
import { composeOf, mergeCompose } from "../docker/Compose.ts"
import { type ComposeSource, type Invalid, invalid } from "../docker/composeEnv.ts"
import type { Docker } from "../docker/Docker.ts"
import { whereItDiffers } from "../docker/decodeJson.ts"
import { interpolate } from "../docker/interpolate.ts"
import type { ReadRelease } from "../docker/stack/StackTool.ts"
import type { InvalidRelease } from "../Runtime.ts"

const repair = "correct the recipe or the env file, then check it: docker stack config -c compose.yml"

export const readCompose = Effect.fn("Swarm.readCompose")(function* (
  docker: Docker,
  app: App,
  release: Release,
  source: ComposeSource
) {
  const fail = invalid(app, release)
  const files = yield* Effect.forEach(source.files, (file) => parseFile(file, source, fail))
  const [first] = files
  const schemaVersion = Predicate.hasProperty(first, "version") ? String(first.version) : null
  const shown = yield* stackConfig(docker, source, fail)
  const folder = dirname(source.files[0] ?? release.dir)
  const compose =
    shown === null
      ? yield* readHere(files, app, folder, source, fail)
      : yield* Effect.flatMap(parseText("the output of docker stack config", shown, fail), (document) =>
          modelOf(document, app, folder, fail)
        )
  if (compose.services.length === 0) return yield* fail("its compose file has no services", repair)
  const nameless = compose.services.find(({ image }) => image === null || image === "")
  if (nameless !== undefined) return yield* fail(`its service ${nameless.name} has no image`, repair)
  const read: ReadRelease = { docker, source, compose, schemaVersion }
  return read
})

/** The client's reading of the files: merged, interpolated, checked. null: this client is too old to show it. */
const stackConfig = Effect.fnUntraced(function* (docker: Docker, source: ComposeSource, fail: Invalid) {
  const files = source.files.flatMap((file) => ["--compose-file", file])
  const { code, stdout, stderr } = yield* docker.run(["stack", "config", ...files], {
    env: source.variables,
    codes: [0, 1, 125]
  })
  if (code === 0) return stdout
  if (/unknown (shorthand )?flag|unknown command/i.test(stderr)) {
    yield* assertAccepted(docker, source, fail)
    return null
  }
  const words = docker.redact(stderr.trim().slice(0, 16 * 1024))
  return yield* fail(words.split("\n").slice(0, 5).join("; ").slice(0, 1000), repair)
})

/**
 * Lets a client that cannot show the files check them: it deploys to an engine that does not exist. The client reads
 * the files first, so an invalid one is refused, and any other fails to connect.
 */
const assertAccepted = Effect.fnUntraced(function* (docker: Docker, source: ComposeSource, fail: Invalid) {
  const files = source.files.flatMap((file) => ["--compose-file", file])
  const nowhere = ["--host", "unix:///dev/null/no-engine.sock"]
  const { stderr } = yield* docker.run([...nowhere, "stack", "deploy", ...files, "check"], {
    env: source.variables,
    codes: [0, 1, 125]
  })
  if (/cannot connect to the docker daemon|error during connect|failed to connect/i.test(stderr)) return
  return yield* fail(docker.redact(stderr.trim().split("\n").slice(0, 5).join("; ")), repair)
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
      : modelOf(interpolated.success, app, folder, fail)
  })
  return models.reduce(mergeCompose)
})

const modelOf = (document: unknown, app: App, folder: string, fail: Invalid) =>
  composeOf(document, app.stack, folder).pipe(Effect.mapError((error) => fail(whereItDiffers(error), repair)))

/** Messages name the file and the line, and never quote (LAW-12). Tags such as `!reset` are left to docker. */
const parseText = (name: string, text: string, fail: Invalid): Effect.Effect<unknown, InvalidRelease> => {
  const parsed = parseSource(text, { unknownTags: "ignore" })
  const problems = Result.isFailure(parsed) ? parsed.failure : parsed.success.problems
  const [first] = problems
  if (first !== undefined) return Effect.fail(fail(`${name}:${first.line}:${first.column}: ${first.text}`, repair))
  return Effect.succeed(Result.isSuccess(parsed) ? parsed.success.value : null)
}

const parseFile = (file: string, source: ComposeSource, fail: Invalid) => {
  const name = file.slice(dirname(source.files[0] ?? file).length + 1)
  return readSmallText(file).pipe(
    Effect.mapError(({ message }) => fail(`${name} cannot be read: ${message}`, repair)),
    Effect.flatMap((text) => parseText(name, text, fail))
  )
}
