/** Reads the compose files of a release. */
import * as Effect from "effect/Effect"
import type { App, Release } from "../../domain/App.ts"
import { invalid } from "../docker/composeEnv.ts"
import type { Docker } from "../docker/Docker.ts"
import { projectOf } from "./ComposeProject.ts"
import type { ComposeConfig } from "./composeConfig.ts"
import { projectFiles } from "./projectFiles.ts"
import { refusal, replaceFile, unusableText } from "./refusal.ts"
import { type Reading, resolveProject } from "./resolve.ts"
import { assertTrusted, projectSource } from "./source.ts"

export const readProject = Effect.fn("Compose.readProject")(function* (
  config: ComposeConfig,
  docker: Docker,
  app: App,
  release: Release,
  { isTolerant = false }: Partial<Pick<Reading, "isTolerant">> = {}
) {
  const fail = invalid(app, release)
  const source = yield* projectSource(app, release)
  const named = yield* projectFiles(release, source.dir, source)
  yield* assertTrusted(app, release, named.read)
  const [unusable] = named.unusable.map(unusableText)
  if (unusable !== undefined) return yield* fail(`its ${unusable}`, replaceFile)
  const resolved = yield* resolveProject(config, docker, app, release, { source, named, isTolerant })
  if (resolved.complaint !== null) return yield* refusal(docker, resolved.complaint, named, fail)
  const project = yield* projectOf(docker, app, release, source, named, resolved)
  const [first, ...others] = project.imageless
  if (first === undefined) return project
  const reason = [first, ...others].map(({ service, what }) => `its service ${service} ${what}`).join("; ")
  return yield* fail(reason, first.next)
})
