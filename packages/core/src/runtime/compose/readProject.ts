/**
 * Reads a release's compose files through compose itself: merged, interpolated, checked, without services of inactive
 * profiles.
 */
import { join, relative } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { App, Release } from "../../domain/App.ts"
import { isAnsweredOwn } from "../../domain/folders.ts"
import { type Compose, composeOf } from "../docker/Compose.ts"
import { invalid } from "../docker/composeEnv.ts"
import type { Docker } from "../docker/Docker.ts"
import { decodeJson, whereItDiffers } from "../docker/decodeJson.ts"
import { realSource } from "../docker/hostMounts.ts"
import { isInside } from "../docker/hostPaths.ts"
import { secretsInFiles, secretsOfCompose } from "../docker/recipeSecrets.ts"
import type { ComposeConfig } from "./composeConfig.ts"
import { type ComposeOutput, composeTool } from "./plugin.ts"
import { type ProjectFiles, projectFiles } from "./projectFiles.ts"
import { refusal, repair, replaceFile, unusableText } from "./refusal.ts"
import { assertTrusted, type ProjectSource, projectSource, sourceEnv, sourceFlags } from "./source.ts"
import { deployable, ledBack, projectView, type View } from "./view.ts"

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

export interface Project {
  readonly source: ProjectSource
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

/**
 * @param standIns true: what is missing is stood in for, so that all of it can be named at once. Such a project is never
 *   deployed.
 */
export const readProject = Effect.fn("Compose.readProject")(function* (
  config: ComposeConfig,
  docker: Docker,
  app: App,
  release: Release,
  { standIns = false } = {}
) {
  const fail = invalid(app, release)
  const source = yield* projectSource(app, release)
  const named = yield* projectFiles(release, source.dir, source)
  yield* assertTrusted(app, release, named.read)
  const [unusable] = named.unusable.map(unusableText)
  if (unusable !== undefined) return yield* fail(`its ${unusable}`, replaceFile)
  const answered = yield* resolved(config, docker, app, release, { source, named, standIns })
  if (answered.answer.code !== 0) return yield* refusal(docker, answered.answer.complaint, named, fail)
  const project = yield* projectOf(docker, app, release, source, { ...answered, composeFiles: named.composeFiles })
  const [first, ...others] = project.imageless
  if (first === undefined) return project
  const reason = [first, ...others].map(({ service, what }) => `its service ${service} ${what}`).join("; ")
  return yield* fail(reason, first.next)
})

/** What compose makes of the files of a project. */
export interface Answered extends Pick<Project, "composeFiles" | "lacking" | "missing" | "profiles" | "required"> {
  readonly answer: Pick<ComposeOutput, "unset">
  /** The output of `docker compose config`. */
  readonly model: string
}

export const projectOf = Effect.fnUntraced(function* (
  docker: Docker,
  app: App,
  release: Release,
  source: ProjectSource,
  { answer, composeFiles, lacking, missing, model, profiles, required }: Answered
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
  const project: Project = {
    source,
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
    unset: answer.unset,
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

interface Asked {
  readonly source: ProjectSource
  readonly named: ProjectFiles
  readonly standIns: boolean
}

/** A value that most settings accept: a number, a name, a port. */
const standIn = "1"

/** As compose reads it: of an app with a folder of its own, from that and the release together. */
const resolved = Effect.fnUntraced(function* (
  config: ComposeConfig,
  docker: Docker,
  app: App,
  release: Release,
  { named, source, standIns }: Asked
) {
  const required = standIns ? named.unset : []
  const invented = Object.fromEntries(required.map((name) => [name, standIn]))
  const ask = Effect.fnUntraced(function* (from: ProjectSource) {
    const env = { ...sourceEnv(from, app), ...invented }
    const tool = (...args: ReadonlyArray<string>) =>
      composeTool(docker, app.stack, [...sourceFlags(from), "config", ...args], { env })
    const isPlain = from === source && required.length === 0
    const answer = yield* isPlain ? config(docker, app, source) : tool("--format", "json")
    const asks = (source.variables["COMPOSE_PROFILES"] ?? "") !== ""
    const profiles = asks && answer.code === 0 ? (yield* tool("--profiles")).stdout.split("\n") : []
    return { answer, model: answer.stdout, profiles: new Set(profiles), required }
  })
  const { folder } = app
  if (folder === null) return { ...(yield* ask(source)), lacking: [], missing: [] }
  return yield* Effect.gen(function* () {
    const envFile = app.envFile === join(folder, ".env") ? source.envFile : null
    const missing = standIns ? named.missing.filter(({ use }) => use === "env") : []
    const view = yield* projectView(docker, {
      copy: release.operatorFiles ?? null,
      envFile,
      folder,
      isData: (path) => isAnsweredOwn(app, path),
      missing: missing.map(({ path }) => path),
      release: release.dir
    })
    const files = yield* Effect.forEach(source.files, (file) => viewed(view, file))
    const { answer, ...asked } = yield* ask({ ...source, files, dir: view.dir })
    const complaint = answer.complaint.replaceAll(view.dir, folder)
    if (answer.code !== 0) return { ...asked, answer: { ...answer, complaint }, lacking: [], missing }
    const led = yield* decodeJson(Schema.Json, asked.model).pipe(
      Effect.flatMap((value) => ledBack(view, value)),
      Effect.map((value) => JSON.stringify(value)),
      // What is no JSON is refused where it is read.
      Effect.orElseSucceed(() => asked.model)
    )
    return { ...asked, answer, model: led, lacking: view.lacking, missing }
  }).pipe(Effect.scoped)
})

/** A compose file of the release or of the folder, by its name in the view. */
const viewed = Effect.fnUntraced(function* (view: View, file: string) {
  const layers = [view.release, ...(view.copy === null ? [] : [view.copy]), view.folder]
  const roots = yield* Effect.forEach(layers, realSource)
  const root = roots.find((one) => isInside(one, file))
  return root === undefined ? file : join(view.dir, relative(root, file))
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
