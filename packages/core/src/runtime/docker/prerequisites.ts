/** The prerequisites of a release on this host: its images, and the files that it mounts. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { kindBehind } from "../../disk/kindAt.ts"
import type { EffectiveApp } from "../../domain/App.ts"
import type { Compose, ComposeObject } from "./Compose.ts"
import type { Docker, Noun } from "./Docker.ts"
import { anonymousHazards, anonymousInRelease, externals, type Missing } from "./hazards.ts"
import { declaredVolumes, findImage, type Image } from "./images.ts"

/** By service. A service whose image is not here yet is missing. */
export const imagesHere = Effect.fn("Docker.imagesHere")(function* (docker: Docker, compose: Compose) {
  const images = new Map<string, Image>()
  for (const { name, image } of compose.services) {
    const found = image === null ? null : yield* findImage(docker, image)
    if (found !== null) images.set(name, found)
  }
  return images
})

/** In the place of a missing file, docker would make an empty folder. `conf.d` is a folder. */
export const looksLikeFile = (path: string): boolean => /[^/.][^/]*\.(?!d$)[A-Za-z][A-Za-z0-9]{0,9}$/.test(path)

/** Folders and files of the host that a release mounts, with the service. */
export const boundSources = (compose: Compose) =>
  compose.services.flatMap(({ name, mounts }) =>
    mounts.flatMap(({ kind, makesSource = false, readOnly, source, target }) =>
      kind === "bind" && source !== null
        ? [{ name, source, isMade: makesSource && !(readOnly && [source, target].some(looksLikeFile)) }]
        : []
    )
  )

/** The host paths that its services may write to. */
export const boundFolders = (compose: Compose): ReadonlyArray<string> =>
  compose.services.flatMap(({ mounts }) =>
    mounts.flatMap(({ kind, readOnly, source }) => (kind === "bind" && !readOnly && source !== null ? [source] : []))
  )

const isMissing = (path: string): Effect.Effect<boolean> => Effect.map(kindBehind(path), (kind) => kind === null)

/** Missing files of the release: those of secrets and configs, and mounted ones. */
export const missingFiles = Effect.fn("Docker.missingFiles")(function* (compose: Compose) {
  const withFile = [
    ...compose.secrets.map((object) => ({ noun: "secret", object })),
    ...compose.configs.map((object) => ({ noun: "config", object }))
  ]
  const noFile = yield* Effect.filter(withFile, ({ object }) =>
    object.file === null ? Effect.succeed(false) : isMissing(object.file)
  )
  const noSource = yield* Effect.filter(boundSources(compose), ({ isMade, source }) =>
    isMade ? Effect.succeed(false) : isMissing(source)
  )
  return [
    ...noFile.map(({ noun, object }): Missing => ({ noun, name: object.name, why: `has no file ${object.file}` })),
    ...noSource.map(
      ({ name, source }): Missing => ({ noun: "file", name: source, why: `does not exist, but ${name} mounts it` })
    )
  ]
})

const Named = Schema.Struct({
  Name: Schema.optionalKey(Schema.String),
  Spec: Schema.optionalKey(Schema.Struct({ Name: Schema.String })),
  Scope: Schema.optionalKey(Schema.String)
})

/** External objects that the engine lacks, or (networks) that have the wrong scope. */
export const missingExternals = Effect.fn("Docker.missingExternals")(function* (
  docker: Docker,
  noun: Noun,
  objects: ReadonlyArray<ComposeObject>,
  whyNot: (name: string, scope: string | undefined) => string | null = () => null
) {
  const names = externals(objects)
  const found = yield* docker.inspect(noun, names, Named)
  const known = new Map(found.map(({ Name, Spec, Scope }) => [Name ?? Spec?.Name, Scope]))
  return names.flatMap((name): ReadonlyArray<Missing> => {
    const why = known.has(name) ? whyNot(name, known.get(name)) : "does not exist, but the release needs it"
    return why === null ? [] : [{ noun, name, why }]
  })
})

/**
 * Pulls missing images. The caller bounds the time: a pull may take as long as the network does. The volumes that an
 * image declares are known only now, so hazards that preflight could not see are refused here, still without downtime.
 */
export const pullMissing = Effect.fn("Docker.pullMissing")(function* (
  docker: Docker,
  app: EffectiveApp,
  compose: Compose,
  /** The platform for a service's image, if the release sets one. */
  platformOf: (service: string) => string | null = () => null
) {
  const wanted = new Map(
    compose.services.flatMap(({ name, image }) => (image === null ? [] : [[image, platformOf(name)] as const]))
  )
  for (const [image, platform] of wanted) {
    if ((yield* findImage(docker, image)) !== null) continue
    const flags = platform === null ? [] : ["--platform", platform]
    yield* docker
      .run(["image", "pull", "--quiet", ...flags, image], { timeoutMs: app.deadlines.prefetchMs })
      .pipe(
        Effect.catchTag("RuntimeFailed", ({ reason }) =>
          Effect.fail(
            docker.failed(
              `the image ${image} cannot be pulled: ${reason}`,
              `check that the registry has it: docker pull ${image}; a private registry needs docker login on this host`
            )
          )
        )
      )
  }
  const here = yield* imagesHere(docker, compose)
  for (const service of compose.services) {
    const image = here.get(service.name)
    const [hazard] = anonymousHazards(anonymousInRelease(service, image), app.data)
    if (image !== undefined && declaredVolumes(image).length > 0 && hazard !== undefined) {
      return yield* docker.failed(hazard.what, hazard.next)
    }
  }
  return { images: [...wanted.keys()] }
})
