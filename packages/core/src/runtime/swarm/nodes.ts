/** The nodes of the swarm. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Docker } from "../docker/Docker.ts"

const Labels = Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.String)))

export const Node = Schema.Struct({
  ID: Schema.String,
  Spec: Schema.Struct({ Role: Schema.String, Availability: Schema.String, Labels }),
  Description: Schema.Struct({
    Hostname: Schema.String,
    Platform: Schema.Struct({ Architecture: Schema.String, OS: Schema.String }),
    Resources: Schema.Struct({
      NanoCPUs: Schema.optionalKey(Schema.Number),
      MemoryBytes: Schema.optionalKey(Schema.Number)
    }),
    Engine: Schema.optionalKey(Schema.Struct({ Labels }))
  }),
  Status: Schema.Struct({ State: Schema.String })
})
export type Node = typeof Node.Type

export const allNodes = Effect.fn("Swarm.nodes")(function* (docker: Docker) {
  return yield* docker.all("node", Node)
})

/** Whether the node accepts tasks now. */
const isOpen = ({ Spec, Status }: Node): boolean => Status.State === "ready" && Spec.Availability === "active"

/** The value that a constraint compares; undefined: a label that the node does not have. null: an unknown property. */
const seenBy = (key: string, { ID, Spec, Description }: Node): string | undefined | null => {
  const [scope, ...rest] = key.split(".labels.")
  const label = rest.join(".labels.")
  if (rest.length > 0) return (scope === "node" ? Spec.Labels : Description.Engine?.Labels)?.[label]
  switch (key.toLowerCase()) {
    case "node.id":
      return ID
    case "node.hostname":
      return Description.Hostname
    case "node.role":
      return Spec.Role
    case "node.platform.os":
      return Description.Platform.OS
    case "node.platform.arch":
      return Description.Platform.Architecture
    default:
      return null
  }
}

/** `node.hostname == one`, `node.labels.ssd != true`. Constraints on unknown properties are left to the swarm. */
const holds = (constraint: string, node: Node): boolean => {
  const [, key, operator, value] = /^\s*([\w.-]+)\s*(==|!=)\s*(.+?)\s*$/.exec(constraint) ?? []
  if (key === undefined || value === undefined) return false
  const seen = seenBy(key, node)
  if (seen === null) return true
  return (seen?.toLowerCase() === value.toLowerCase()) === (operator === "==")
}

export const eligible = (constraints: ReadonlyArray<string>, nodes: ReadonlyArray<Node>): ReadonlyArray<Node> =>
  nodes.filter((node) => isOpen(node) && constraints.every((constraint) => holds(constraint, node)))
