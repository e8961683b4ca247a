/**
 * The parts of a compose file that lastgood needs: mounts, objects that must exist, and placement. It accepts the short
 * and the long forms, so both the output of `docker stack config` and files that people write.
 */
import { resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Release } from "../../domain/App.ts"
import type { ServiceOutline } from "../../domain/Outline.ts"
import { type DeployRequest, deployRequestOf, RawDeploy, RawPort } from "./ComposeDeploy.ts"
import {
  type Healthcheck,
  healthcheckOf,
  type Labels,
  labelsOf,
  RawHealthcheck,
  RawLabels,
  type Timing,
  timingOf
} from "./ComposeLabels.ts"
import { mergeOutline, outlineOf } from "./outline.ts"

export type MountKind = "volume" | "bind" | "tmpfs" | "other"

export interface ServiceMount {
  readonly kind: MountKind
  /** Key of a volume, or an absolute path; null: an anonymous volume, or memory. */
  readonly source: string | null
  readonly target: string
  readonly readOnly: boolean
  /** What is missing at its source is made, as a folder. */
  readonly makesSource?: boolean
}

export interface ComposeService extends DeployRequest {
  readonly name: string
  readonly image: string | null
  readonly mounts: ReadonlyArray<ServiceMount>
  readonly labels: Labels
  readonly healthcheck: Healthcheck
  readonly timing?: Timing
  readonly outline: ServiceOutline
}

/** A volume, network, secret or config at the top level of the file. */
export interface ComposeObject {
  readonly key: string
  /** Its name in the engine. */
  readonly name: string
  readonly external: boolean
  readonly driver: string | null
  readonly options: Readonly<Record<string, string>>
  /** Secrets and configs: the file with the value. */
  readonly file: string | null
}

export interface Compose {
  readonly services: ReadonlyArray<ComposeService>
  readonly volumes: ReadonlyArray<ComposeObject>
  readonly networks: ReadonlyArray<ComposeObject>
  readonly secrets: ReadonlyArray<ComposeObject>
  readonly configs: ReadonlyArray<ComposeObject>
}

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const LongMount = Schema.Struct({
  type: Schema.String,
  source: optional(Schema.String),
  target: Schema.String,
  read_only: optional(Schema.Boolean),
  bind: optional(Schema.Struct({ create_host_path: optional(Schema.Boolean) }))
})
const RawService = Schema.Struct({
  image: optional(Schema.String),
  volumes: optional(Schema.Array(Schema.Union([Schema.String, LongMount]))),
  tmpfs: optional(Schema.Union([Schema.String, Schema.Array(Schema.String)])),
  ports: optional(Schema.Array(RawPort)),
  labels: optional(RawLabels),
  healthcheck: optional(RawHealthcheck),
  deploy: optional(RawDeploy)
})
const RawObject = Schema.Struct({
  name: optional(Schema.String),
  external: optional(Schema.Union([Schema.Boolean, Schema.Struct({ name: optional(Schema.String) })])),
  driver: optional(Schema.String),
  driver_opts: optional(Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Number]))),
  file: optional(Schema.String)
})
type RawObject = typeof RawObject.Type
const RawObjects = optional(Schema.Record(Schema.String, Schema.NullOr(RawObject)))
const RawCompose = Schema.Struct({
  services: optional(Schema.Record(Schema.String, RawService)),
  volumes: RawObjects,
  networks: RawObjects,
  secrets: RawObjects,
  configs: RawObjects
})

/** With the images that a release is of, where its recipe does not say it all. */
export const withImages = (compose: Compose, { images = {} }: Pick<Release, "images">): Compose => ({
  ...compose,
  services: compose.services.map((service) => ({ ...service, image: images[service.name]?.image ?? service.image }))
})

const decode = Schema.decodeUnknownEffect(RawCompose)

/**
 * @param document the parsed and interpolated YAML.
 * @param stack the prefix of the names of the stack's own objects.
 * @param folder to which paths are relative.
 * @param release the folder of the release.
 */
export const composeOf = (
  document: unknown,
  stack: string,
  folder: string,
  release = folder
): Effect.Effect<Compose, Schema.SchemaError> =>
  Effect.map(decode(document), (raw) => {
    const written = Predicate.hasProperty(document, "services") ? document.services : undefined
    const objects = (found: typeof raw.volumes): ReadonlyArray<ComposeObject> =>
      Object.entries(found ?? {}).map(([key, object]) => objectOf(key, object ?? {}, stack, folder))
    return {
      services: Object.entries(raw.services ?? {}).map(([name, service]) => {
        const mounts = [
          ...(service.volumes ?? []).map((mount) => mountOf(mount, folder)),
          ...[service.tmpfs ?? []].flat().map((target) => tmpfs(target.split(":")[0] ?? target))
        ]
        return {
          name,
          image: service.image ?? null,
          mounts,
          labels: { ...labelsOf(service.labels), ...labelsOf(service.deploy?.labels) },
          healthcheck: healthcheckOf(service.healthcheck),
          timing: timingOf(service.healthcheck),
          outline: outlineOf(Predicate.hasProperty(written, name) ? written[name] : undefined, mounts, release),
          ...deployRequestOf(service.deploy, service.ports ?? [])
        }
      }),
      volumes: objects(raw.volumes),
      networks: objects(raw.networks),
      secrets: objects(raw.secrets),
      configs: objects(raw.configs)
    }
  })

const tmpfs = (target: string): ServiceMount => ({ kind: "tmpfs", source: null, target, readOnly: false })

const mountOf = (mount: string | typeof LongMount.Type, folder: string): ServiceMount =>
  typeof mount === "string" ? shortMount(mount, folder) : longMount(mount, folder)

/** `[source:]target[:options]` */
const shortMount = (text: string, folder: string): ServiceMount => {
  const [first = "", target, options = ""] = text.split(":")
  if (target === undefined) return { kind: "volume", source: null, target: first, readOnly: false }
  const isPath = /^[./~]/.test(first)
  return {
    kind: isPath ? "bind" : "volume",
    source: isPath ? resolve(folder, first) : first,
    target,
    readOnly: options.split(",").includes("ro")
  }
}

const longMount = ({ bind, type, source, target, read_only }: typeof LongMount.Type, folder: string): ServiceMount => {
  const kind = type === "volume" || type === "bind" || type === "tmpfs" ? type : "other"
  const named = source === undefined || source === null || source === "" ? null : source
  return {
    kind,
    source: kind === "bind" && named !== null ? resolve(folder, named) : named,
    target,
    readOnly: read_only ?? false,
    ...(bind?.create_host_path === true ? { makesSource: true } : {})
  }
}

const objectOf = (key: string, raw: RawObject, stack: string, folder: string): ComposeObject => {
  const external = raw.external ?? false
  const name = (typeof external === "object" ? external.name : null) ?? raw.name
  const options = Object.entries(raw.driver_opts ?? {}).map(([option, value]) => [option, String(value)])
  return {
    key,
    name: name ?? (external === false ? `${stack}_${key}` : key),
    external: external !== false,
    driver: raw.driver ?? null,
    options: Object.fromEntries(options),
    file: raw.file === undefined || raw.file === null ? null : resolve(folder, raw.file)
  }
}

/** Merges two files of one release. The later file adds to the earlier one, or overrides it. */
export const mergeCompose = (earlier: Compose, later: Compose): Compose => ({
  services: mergedBy(earlier.services, later.services, ({ name }) => name, mergeService),
  volumes: mergedBy(earlier.volumes, later.volumes, ({ key }) => key),
  networks: mergedBy(earlier.networks, later.networks, ({ key }) => key),
  secrets: mergedBy(earlier.secrets, later.secrets, ({ key }) => key),
  configs: mergedBy(earlier.configs, later.configs, ({ key }) => key)
})

const mergeService = (earlier: ComposeService, later: ComposeService): ComposeService => ({
  name: earlier.name,
  image: later.image ?? earlier.image,
  mounts: mergedBy(earlier.mounts, later.mounts, ({ target }) => target),
  labels: { ...earlier.labels, ...later.labels },
  healthcheck: later.healthcheck === "image" ? earlier.healthcheck : later.healthcheck,
  timing: { ...earlier.timing, ...said(later.timing ?? {}) },
  outline: mergeOutline(earlier.outline, later.outline),
  constraints: [...earlier.constraints, ...later.constraints],
  ports: [...earlier.ports, ...later.ports],
  // Values that a file omits get the defaults of the swarm.
  replicas: later.replicas === 1 ? earlier.replicas : later.replicas,
  maxPerNode: later.maxPerNode || earlier.maxPerNode,
  nanoCpus: later.nanoCpus || earlier.nanoCpus,
  memoryBytes: later.memoryBytes || earlier.memoryBytes
})

const said = (timing: Timing): Timing =>
  Object.fromEntries(Object.entries(timing).filter(([, value]) => value !== undefined))

const mergedBy = <A>(
  earlier: ReadonlyArray<A>,
  later: ReadonlyArray<A>,
  keyOf: (item: A) => string,
  merge: (earlier: A, later: A) => A = (_, item) => item
): ReadonlyArray<A> => {
  const merged = new Map(earlier.map((item) => [keyOf(item), item]))
  for (const item of later) {
    const before = merged.get(keyOf(item))
    merged.set(keyOf(item), before === undefined ? item : merge(before, item))
  }
  return [...merged.values()]
}
