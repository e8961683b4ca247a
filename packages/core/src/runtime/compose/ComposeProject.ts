/** A project of docker compose, from the model that `docker compose config` prints. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, Release } from "../../domain/App.ts"
import { type Compose, composeOf } from "../docker/Compose.ts"
import { invalid } from "../docker/composeEnv.ts"
import type { Docker } from "../docker/Docker.ts"
import { decodeJson, whereItDiffers } from "../docker/decodeJson.ts"
import { secretsInFiles, secretsOfCompose } from "../docker/recipeSecrets.ts"
import { deployable } from "./deployedModel.ts"
import type { ProjectFiles } from "./projectFiles.ts"
import { repair } from "./refusal.ts"
import type { Resolved } from "./resolve.ts"
import type { ProjectSource } from "./source.ts"

/** Properties of a service that only docker compose has. */
export interface ServiceMore {
  /** The number of containers that should run. */
  readonly scale: number
  readonly containerName: string | null
  readonly platform: string | null
  /** Published ports, by the address of the host (`*`: all). */
  readonly published: ReadonlyArray<{ readonly address: string; readonly port: number; readonly protocol: string }>
}

/** A service that lastgood cannot run, because no image of it has a name. */
export interface Imageless {
  readonly service: string
  /** The predicate of `its service <name> <what>`. */
  readonly what: string
  readonly next: string
}

export interface ComposeProject {
  readonly source: ProjectSource
  /** The name that its files give to it; null: none, or one with a variable. */
  readonly givenName: string | null
  /** With those that they include or extend. */
  readonly composeFiles: ReadonlyArray<string>
  /** The release's folder. */
  readonly dir: string
  /** What is deployed in place of the files, every path in it absolute; null: the files are. */
  readonly model: unknown
  /** Those that its services have, where the env file asks for any. */
  readonly profiles: ReadonlySet<string>
  /** Files of the project that do not exist, and that docker compose reads itself, with the place that names each. */
  readonly missing: ReadonlyArray<{ readonly path: string; readonly at: string }>
  /** Files that the version brings to a folder which the app writes to, and that are not in its own one. */
  readonly lacking: ReadonlyArray<string>
  readonly imageless: ReadonlyArray<Imageless>
  readonly compose: Compose
  readonly more: ReadonlyMap<string, ServiceMore>
  /** Services that run, with the number of their containers. */
  readonly services: ReadonlyMap<string, number>
  /** Variables that the files require and that are not set. */
  readonly required: ReadonlyArray<string>
  /** Variables that the files use but that are not set: docker compose takes them as empty. */
  readonly unset: ReadonlyArray<string>
  /** Variables from which secrets and configs take their content. */
  readonly contents: ReadonlyArray<string>
  /** The client, which also redacts the secrets in the interpolated files (LAW-12). */
  readonly docker: Docker
}

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))
const NumberOrText = Schema.Union([Schema.Number, Schema.String])
const Contents = optional(Schema.Record(Schema.String, Schema.Struct({ environment: optional(Schema.String) })))

const More = Schema.Struct({
  services: Schema.Record(
    Schema.String,
    Schema.Struct({
      image: optional(Schema.String),
      build: optional(Schema.Unknown),
      scale: optional(Schema.Number),
      container_name: optional(Schema.String),
      platform: optional(Schema.String),
      deploy: optional(Schema.Struct({ replicas: optional(NumberOrText) })),
      ports: optional(
        Schema.Array(
          Schema.Struct({
            published: optional(NumberOrText),
            protocol: optional(Schema.String),
            host_ip: optional(Schema.String)
          })
        )
      )
    })
  ),
  secrets: Contents,
  configs: Contents
})
type RawService = (typeof More.Type)["services"][string]

export const projectOf = Effect.fnUntraced(function* (
  docker: Docker,
  app: App,
  release: Release,
  source: ProjectSource,
  { composeFiles, name }: Pick<ProjectFiles, "composeFiles" | "name">,
  { lacking, missing, model, profiles, required, unset }: Resolved
) {
  const fail = invalid(app, release)
  const differs = (what: string) => fail(`unexpected output of docker compose config: ${what}`, repair)
  const document = yield* Effect.mapError(decodeJson(Schema.Unknown, model), differs)
  const compose = yield* composeOf(document, app.stack, source.dir, release.dir).pipe(
    Effect.mapError((error) => differs(whereItDiffers(error)))
  )
  const raw = yield* Schema.decodeUnknownEffect(More)(document).pipe(
    Effect.mapError((error) => differs(whereItDiffers(error)))
  )
  if (compose.services.length === 0) {
    return yield* fail(
      "its compose file has no services, or each needs a profile that COMPOSE_PROFILES does not name",
      repair
    )
  }
  const more = new Map(Object.entries(raw.services).map(([name, service]) => [name, moreOf(service)]))
  const project: ComposeProject = {
    source,
    givenName: name,
    composeFiles,
    dir: release.dir,
    model: app.folder === null ? null : deployable(document),
    profiles,
    missing,
    lacking,
    imageless: imageless(raw.services),
    compose,
    more,
    services: new Map([...more].flatMap(([name, { scale }]) => (scale > 0 ? [[name, scale] as const] : []))),
    required,
    unset,
    contents: [raw.secrets, raw.configs].flatMap((objects) =>
      Object.values(objects ?? {}).flatMap(({ environment }) => environment ?? [])
    ),
    docker: docker.withSecrets([
      ...secretsOfCompose(document),
      ...(yield* secretsInFiles(compose.secrets.flatMap(({ file }) => file ?? [])))
    ])
  }
  return project
})

/**
 * Each build gives another image, so a rollback would not run what ran before. An image with a name is used by that
 * name and never built.
 */
const imageless = (services: Readonly<Record<string, RawService>>): ReadonlyArray<Imageless> =>
  Object.entries(services)
    .filter(([, { image }]) => image === undefined || image === null || image === "")
    .map(([service, { build }]) =>
      build === undefined || build === null
        ? { service, what: "has no image", next: repair }
        : {
            service,
            what: "is built from the recipe (build:), so a rollback would not get the same image",
            next: "build and push the image of each version, and set `image:` beside `build:`"
          }
    )

const moreOf = ({ scale, deploy, container_name, platform, ports }: RawService): ServiceMore => ({
  scale: Number(scale ?? deploy?.replicas ?? 1),
  containerName: container_name ?? null,
  platform: platform ?? null,
  published: (ports ?? []).flatMap(({ published, protocol, host_ip }) => {
    const port = Number(published ?? Number.NaN)
    const address = host_ip ?? ""
    if (!Number.isInteger(port) || port === 0) return []
    return [{ address: isAny(address) ? "*" : address, port, protocol: protocol ?? "tcp" }]
  })
})

export const isAny = (address: string): boolean => ["", "0.0.0.0", "::"].includes(address)
