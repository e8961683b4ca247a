/**
 * LAW-14: networks, secrets and configs by name and owner. A release cannot create one whose name is taken (Docker
 * takes a secret or config over, or fails), and one that others use cannot be removed with the stack.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Compose } from "../docker/Compose.ts"
import type { Container } from "../docker/containers.ts"
import type { Docker, Noun } from "../docker/Docker.ts"
import { namespaceLabel, type Service } from "../docker/stack/Services.ts"
import type { Hazard } from "../Runtime.ts"

export type ObjectNoun = Extract<Noun, "network" | "secret" | "config">

export interface EngineObject {
  readonly noun: ObjectNoun
  readonly id: string
  readonly name: string
  /** Namespace of the stack that owns it; null: it was created manually. */
  readonly stack: string | null
  /** Networks: `swarm` or `local`. */
  readonly scope: string
}

const Labels = Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.String)))
/** `docker network inspect` prints `Id`, `Name` and `Labels` at the top level; secrets and configs have a `Spec`. */
const Raw = Schema.Struct({
  ID: Schema.optionalKey(Schema.String),
  Id: Schema.optionalKey(Schema.String),
  Name: Schema.optionalKey(Schema.String),
  Labels,
  Scope: Schema.optionalKey(Schema.String),
  Spec: Schema.optionalKey(Schema.Struct({ Name: Schema.String, Labels }))
})

/** @param label only objects with this label: `key=value`. */
export const objectsOf = Effect.fn("Swarm.objectsOf")(function* (docker: Docker, noun: ObjectNoun, label?: string) {
  const objects = yield* docker.all(noun, Raw, label)
  return objects.map(
    ({ ID, Id, Name, Labels: own, Scope, Spec }): EngineObject => ({
      noun,
      id: ID ?? Id ?? "",
      name: Name ?? Spec?.Name ?? "",
      stack: (own ?? Spec?.Labels)?.[namespaceLabel] ?? null,
      scope: Scope ?? "swarm"
    })
  )
})

export const allObjects = Effect.fn("Swarm.objects")(function* (docker: Docker) {
  const found = yield* Effect.forEach(["network", "secret", "config"] as const, (noun) => objectsOf(docker, noun))
  return found.flat()
})

export interface ObjectFacts {
  readonly stack: string
  readonly compose: Pick<Compose, "networks" | "secrets" | "configs">
  readonly objects: ReadonlyArray<EngineObject>
  /** Of the whole swarm. */
  readonly services: ReadonlyArray<Service>
  /** Of other stacks, or of none. */
  readonly otherContainers: ReadonlyArray<Container>
}

/** Names that the release creates but that are taken. */
export const takenNames = ({ stack, compose, objects }: ObjectFacts): ReadonlyArray<Hazard> =>
  (["network", "secret", "config"] as const).flatMap((noun) =>
    compose[`${noun}s`]
      .filter(({ external }) => !external)
      .flatMap(({ name }) => {
        const other = objects.find(
          (o) => o.noun === noun && o.name === name && o.scope === "swarm" && o.stack !== stack
        )
        if (other === undefined) return []
        const owner = other.stack === null ? "was created manually" : `belongs to the stack ${other.stack}`
        return [
          {
            kind: `taken-${noun}`,
            what: `the release creates a ${noun} ${name}, but an existing ${noun} of that name ${owner}`,
            next: `rename it in the recipe, or set \`external: true\` if the app should use that one`
          }
        ]
      })
  )

const Named = (key: string) => Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.Struct({ [key]: Schema.String }))))

const decodeUses = Schema.decodeUnknownOption(
  Schema.Struct({
    Networks: Named("Target"),
    ContainerSpec: Schema.optionalKey(Schema.Struct({ Secrets: Named("SecretID"), Configs: Named("ConfigID") }))
  })
)

/** Ids of the objects that a service uses. */
const usesOf = ({ Spec }: Service): ReadonlySet<string> => {
  const uses = Option.getOrUndefined(decodeUses(Spec.TaskTemplate))
  const all = [uses?.Networks, uses?.ContainerSpec?.Secrets, uses?.ContainerSpec?.Configs].flatMap((list) => list ?? [])
  return new Set(all.flatMap((one) => Object.values(one)))
}

/** Objects of the stack that others use. Docker does not remove them, so the stack could not be taken down. */
export const usedByOthers = ({ stack, objects, services, otherContainers }: ObjectFacts): ReadonlyArray<Hazard> =>
  objects
    .filter((object) => object.stack === stack)
    .flatMap(({ noun, id, name }) => {
      const others = services.filter(({ Spec }) => Spec.Labels?.[namespaceLabel] !== stack)
      const users = [
        ...others.filter((service) => usesOf(service).has(id)).map(({ Spec }) => `service ${Spec.Name}`),
        ...otherContainers
          .filter(({ NetworkSettings }) =>
            Object.values(NetworkSettings?.Networks ?? {}).some((network) => network.NetworkID === id)
          )
          .map(({ Name }) => `container ${Name.replace(/^\//, "")}`)
      ]
      return users.slice(0, 1).map((user) => ({
        kind: `shared-${noun}`,
        what: `${user} is outside of the stack and uses its ${noun} ${name}, so the stack cannot be taken down`,
        next:
          noun === "network"
            ? `create the network outside of the stack (docker network create --driver overlay <name>), and set \`external: true\` in both`
            : `give the other one a separate ${noun}`
      }))
    })
