/**
 * Tags of lastgood's own on the images of a release. An image that was pulled by its digest has no tag, and an ordinary
 * `docker image prune` removes it once its container is gone. `prune --all` still does; then the way back pulls it again.
 */
import * as Effect from "effect/Effect"
import type { App, Release } from "../../domain/App.ts"
import type { Docker } from "./Docker.ts"

/** No registry answers to this name, so nothing is ever pulled or pushed by it. */
const repositoryOf = ({ name }: App): string =>
  `lastgood.invalid/${name.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "")}`

const releaseOf = (commit: string): string => commit.slice(0, 12)

const tagOf = (commit: string, service: string): string =>
  `${releaseOf(commit)}-${service.replaceAll(/[^A-Za-z0-9._-]/g, "_")}`.slice(0, 128)

/** Nothing depends on it: an engine that refuses costs a pull later. */
const quietly = (effect: Effect.Effect<unknown, { readonly message: string }>): Effect.Effect<void> =>
  Effect.catch(Effect.asVoid(effect), ({ message }) => Effect.logDebug(message))

/** Tags the images of a release that are deployed by their digests. */
export const keepImages = Effect.fn("Docker.keepImages")(function* (docker: Docker, app: App, release: Release) {
  for (const [service, { image }] of Object.entries(release.images ?? {})) {
    if (!image.includes("@")) continue
    const tag = `${repositoryOf(app)}:${tagOf(release.commit, service)}`
    yield* quietly(docker.run(["image", "tag", image.replace(/:[^:/@]+@/, "@"), tag]))
  }
})

/** Removes the tags of releases that are not needed any more, and with its last tag the image. */
export const forgetImages = Effect.fn("Docker.forgetImages")(function* (
  docker: Docker,
  app: App,
  commits: ReadonlyArray<string>
) {
  if (commits.length === 0) return
  const repository = repositoryOf(app)
  const listed = yield* Effect.orElseSucceed(docker.run(["image", "ls", "--format", "{{.Tag}}", repository]), () => ({
    stdout: ""
  }))
  const prefixes = commits.map((commit) => `${releaseOf(commit)}-`)
  const gone = listed.stdout.split("\n").filter((tag) => prefixes.some((prefix) => tag.startsWith(prefix)))
  for (const tag of gone) yield* quietly(docker.run(["image", "rm", `${repository}:${tag}`]))
})
