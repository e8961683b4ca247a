/** Docker's own way to deploy a stack: `docker stack deploy`. */
import * as Effect from "effect/Effect"
import type { Release } from "../../domain/App.ts"
import { findImage, pinned } from "../docker/images.ts"
import { releaseLabels } from "../docker/labels.ts"
import type { BringUp, ReadRelease, StackTool } from "../docker/stack/StackTool.ts"

const bringUp: BringUp = Effect.fn("Swarm.stackDeploy")(function* ({ app, release, read }) {
  const { docker, source } = read
  const files = source.files.flatMap((file) => ["--compose-file", file])
  // prefetch has pulled the images. Asking the registry again would only add its problems to the downtime.
  yield* docker.run(
    ["stack", "deploy", "--prune", "--resolve-image", "never", ...files, "--compose-file", "-", app.stack],
    { env: source.variables, input: yield* override(release, read) }
  )
})

/**
 * A last compose file, read from standard input. It pins every image to the local one, and labels services and
 * containers with their release.
 */
const override = Effect.fnUntraced(function* (release: Release, { docker, compose, schemaVersion }: ReadRelease) {
  const labels = releaseLabels(release)
  const services = yield* Effect.forEach(compose.services, (service) =>
    Effect.gen(function* () {
      const image = service.image === null ? null : yield* findImage(docker, service.image)
      const own = { labels, deploy: { labels } }
      const isPinned = release.images?.[service.name] !== undefined
      const pin =
        service.image === null || (image === null && !isPinned)
          ? {}
          : { image: image === null ? service.image : pinned(service.image, image) }
      return [service.name, { ...own, ...pin }] as const
    })
  )
  const schema = schemaVersion === null ? {} : { version: schemaVersion }
  // JSON is YAML, but a `$` would start a variable.
  return JSON.stringify({ ...schema, services: Object.fromEntries(services) }).replaceAll("$", "$$$$")
})

export const dockerStack: StackTool = {
  kind: "swarm",
  bringUp,
  takeDown: null,
  variables: () => Effect.succeed({}),
  hazards: () => Effect.succeed([]),
  available: Effect.succeed(null)
}
