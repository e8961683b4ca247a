/** The requests of a service to the swarm: ports of the hosts, resources, and suitable nodes. */
import * as Schema from "effect/Schema"
import { RawLabels } from "./ComposeLabels.ts"

export interface Port {
  readonly protocol: string
  readonly published: number
  /** `host`: of the node that the task runs on; `ingress`: of every node. */
  readonly mode: "host" | "ingress"
}

/** The requests of a service, beside its image and its mounts. */
export interface DeployRequest {
  readonly constraints: ReadonlyArray<string>
  readonly ports: ReadonlyArray<Port>
  /** null: one on each suitable node (`mode: global`). */
  readonly replicas: number | null
  /** 0: no limit. */
  readonly maxPerNode: number
  readonly nanoCpus: number
  readonly memoryBytes: number
}

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))
const NumberOrText = Schema.Union([Schema.Number, Schema.String])

export const RawPort = Schema.Union([
  NumberOrText,
  Schema.Struct({
    target: NumberOrText,
    published: optional(NumberOrText),
    protocol: optional(Schema.String),
    mode: optional(Schema.String)
  })
])

export const RawDeploy = Schema.Struct({
  labels: optional(RawLabels),
  mode: optional(Schema.String),
  replicas: optional(NumberOrText),
  placement: optional(
    Schema.Struct({
      constraints: optional(Schema.Array(Schema.String)),
      max_replicas_per_node: optional(NumberOrText)
    })
  ),
  resources: optional(
    Schema.Struct({
      reservations: optional(Schema.Struct({ cpus: optional(NumberOrText), memory: optional(NumberOrText) }))
    })
  )
})

export const deployRequestOf = (
  deploy: typeof RawDeploy.Type | null | undefined,
  ports: ReadonlyArray<typeof RawPort.Type>
): DeployRequest => {
  const asked = deploy?.resources?.reservations
  return {
    constraints: deploy?.placement?.constraints ?? [],
    ports: ports.flatMap(portsOf),
    replicas: deploy?.mode?.startsWith("global") ? null : Number(deploy?.replicas ?? 1),
    maxPerNode: Number(deploy?.placement?.max_replicas_per_node ?? 0),
    nanoCpus: Math.round(Number(asked?.cpus ?? 0) * 1e9),
    memoryBytes: bytesOf(asked?.memory ?? 0)
  }
}

const units: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** `50M`, `1.5gb`, `1024`: in powers of 1024, as docker reads them. */
const bytesOf = (memory: string | number): number => {
  const [, amount = "0", unit = ""] = /^\s*([\d.]+)\s*([kmgt]?)i?b?\s*$/i.exec(String(memory)) ?? []
  return Math.round(Number(amount) * (units[unit.toLowerCase()] ?? 1))
}

/**
 * `[address:]published:target[/protocol]`, each a number or a range. Without `published` the swarm chooses the port.
 */
const portsOf = (port: typeof RawPort.Type): ReadonlyArray<Port> => {
  if (typeof port === "object") {
    const { published, protocol, mode } = port
    return range(String(published ?? "")).map((number) => ({
      protocol: protocol ?? "tcp",
      published: number,
      mode: mode === "host" ? "host" : "ingress"
    }))
  }
  const [numbers = "", protocol = "tcp"] = String(port).split("/")
  const parts = numbers.split(":")
  return range(parts.length < 2 ? "" : (parts.at(-2) ?? "")).map((published) => ({
    protocol,
    published,
    mode: "ingress"
  }))
}

const range = (text: string): ReadonlyArray<number> => {
  const [first = 0, last = first] = text.split("-").map(Number)
  const isRange = text !== "" && first > 0 && last >= first && last <= 65_535
  return isRange ? Array.from({ length: last - first + 1 }, (_, index) => first + index) : []
}
