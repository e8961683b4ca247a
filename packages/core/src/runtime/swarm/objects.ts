/**
 * LAW-14: networks, secrets and configs by name and by owner. A release cannot make one whose name somebody else has
 * (Docker takes a secret or config over, or fails), and what others use cannot be taken down with the stack.
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
  /** Namespace of the stack that it belongs to; null: somebody made it by hand. */
  readonly stack: string | null
  /** Networks: `swarm` or `local`. */
  readonly scope: string
}

const Labels = Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.String)))
/** `docker network inspect` prints `Id`, `Name` and `Labels` itself; secrets and configs have a `Spec`. */
const Raw = Schema.Struct({
  ID: Schema.optionalKey(Schema.String),
  Id: Schema.optionalKey(Schema.String),
  Name: Schema.optionalKey(Schema.String),
  Labels,
  Scope: Schema.optionalKey(Schema.String),
  Spec: Schema.optionalKey(Schema.Struct({ Name: Schema.String, Labels }))
})

/** @param label only those that have it: `key=value`. */
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
  /** Of other stacks, or of nobody's. */
  readonly otherContainers: ReadonlyArray<Container>
}

/** Names that the release makes, and somebody else has. */
export const takenNames = ({ stack, compose, objects }: ObjectFacts): ReadonlyArray<Hazard> =>
  (["network", "secret", "config"] as const).flatMap((noun) =>
    compose[`${noun}s`]
      .filter(({ external }) => !external)
      .flatMap(({ name }) => {
        const other = objects.find(
          (o) => o.noun === noun && o.name === name && o.scope === "swarm" && o.stack !== stack
        )
        if (other === undefined) return []
        const owner = other.stack === null ? "was made by hand" : `belongs to the stack ${other.stack}`
        return [
          {
            kind: `taken-${noun}`,
            what: `the release makes a ${noun} ${name}, but one of that name ${owner}`,
            next: `give it another name in the recipe, or say \`external: true\` if the app is to use that one`
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

/** Ids of what a service uses. */
const usesOf = ({ Spec }: Service): ReadonlySet<string> => {
  const uses = Option.getOrUndefined(decodeUses(Spec.TaskTemplate))
  const all = [uses?.Networks, uses?.ContainerSpec?.Secrets, uses?.ContainerSpec?.Configs].flatMap((list) => list ?? [])
  return new Set(all.flatMap((one) => Object.values(one)))
}

/** What of the stack's own somebody else uses: Docker does not remove it, so the stack could not be taken down. */
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
        what: `${user}, not of the stack, uses its ${noun} ${name}: the stack cannot be taken down with it`,
        next:
          noun === "network"
            ? `make the network outside of the stack (docker network create --driver overlay <name>), and say \`external: true\` in both`
            : `give the other one a ${noun} of its own`
      }))
    })
