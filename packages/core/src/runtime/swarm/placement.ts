/** LAW-14: services that the swarm could never place, detected before the app is taken down. Pure. */

import type { ComposeService } from "../docker/Compose.ts"
import type { Hazard } from "../Runtime.ts"
import { eligible, type Node } from "./nodes.ts"

export interface Room {
  readonly services: ReadonlyArray<ComposeService>
  readonly nodes: ReadonlyArray<Node>
  /** The reservations of others on a swarm of one node. On a larger swarm their future placement is unknown. */
  readonly taken: { readonly nanoCpus: number; readonly memoryBytes: number }
}

const mebibyte = 1024 ** 2

export const unplaceable = ({ services, nodes, taken }: Room): ReadonlyArray<Hazard> => {
  const free = new Map(
    nodes.map(({ ID, Description: { Resources } }) => [
      ID,
      {
        nanoCpus: (Resources.NanoCPUs ?? 0) - taken.nanoCpus,
        memoryBytes: (Resources.MemoryBytes ?? 0) - taken.memoryBytes
      }
    ])
  )
  return services.flatMap((service) => {
    const { name, constraints, replicas, maxPerNode, nanoCpus, memoryBytes, ports } = service
    const hazard = (why: string, next: string): ReadonlyArray<Hazard> => [
      { kind: "unplaceable", what: `${name} cannot be placed: ${why}`, next }
    ]
    if (replicas === 0) return []
    const fit = eligible(constraints, nodes)
    if (fit.length === 0) {
      const why =
        constraints.length === 0 ? "no node is ready and active" : `no ready node matches ${constraints.join(", ")}`
      return hazard(why, "correct deploy.placement.constraints, or label a node (docker node ls, docker node update)")
    }
    const perNode = ports.some(({ mode }) => mode === "host") ? 1 : maxPerNode
    if (replicas !== null && perNode > 0 && replicas > perNode * fit.length) {
      const why = `${replicas} replicas, at most ${perNode} on each of ${fit.length} matching nodes`
      return hazard(
        why,
        "lower deploy.replicas, or raise max_replicas_per_node (a port in host mode exists once per node)"
      )
    }
    for (let replica = 0; replica < (replicas ?? 1); replica++) {
      const room = fit
        .flatMap(({ ID }) => free.get(ID) ?? [])
        .find((one) => one.nanoCpus >= nanoCpus && one.memoryBytes >= memoryBytes)
      if (room === undefined) {
        const asked = `${nanoCpus / 1e9} CPUs and ${Math.round(memoryBytes / mebibyte)} MiB`
        return hazard(
          `it reserves ${asked}, but no node has that much left`,
          "lower deploy.resources.reservations, or remove other reservations"
        )
      }
      room.nanoCpus -= nanoCpus
      room.memoryBytes -= memoryBytes
    }
    return []
  })
}
