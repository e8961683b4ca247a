/** LAW-14: services that the swarm could never place, told before the app is taken down. Pure. */

import type { ComposeService } from "../docker/Compose.ts"
import type { Hazard } from "../Runtime.ts"
import { eligible, type Node } from "./nodes.ts"

export interface Room {
  readonly services: ReadonlyArray<ComposeService>
  readonly nodes: ReadonlyArray<Node>
  /** What others have reserved on a swarm of one node; on a larger one nobody knows where they will be. */
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
      { kind: "unplaceable", what: `${name} can be placed nowhere: ${why}`, next }
    ]
    if (replicas === 0) return []
    const fit = eligible(constraints, nodes)
    if (fit.length === 0) {
      const why =
        constraints.length === 0
          ? "no node is ready and active"
          : `no node that is ready fits ${constraints.join(", ")}`
      return hazard(
        why,
        "see docker node ls, correct deploy.placement.constraints, or label a node (docker node update)"
      )
    }
    const perNode = ports.some(({ mode }) => mode === "host") ? 1 : maxPerNode
    if (replicas !== null && perNode > 0 && replicas > perNode * fit.length) {
      const why = `${replicas} replicas, at most ${perNode} on each of ${fit.length} nodes that fit`
      return hazard(
        why,
        "lower deploy.replicas, or raise max_replicas_per_node (a port in host mode is there once a node)"
      )
    }
    for (let replica = 0; replica < (replicas ?? 1); replica++) {
      const room = fit
        .flatMap(({ ID }) => free.get(ID) ?? [])
        .find((one) => one.nanoCpus >= nanoCpus && one.memoryBytes >= memoryBytes)
      if (room === undefined) {
        const asked = `${nanoCpus / 1e9} CPUs and ${Math.round(memoryBytes / mebibyte)} MiB`
        return hazard(
          `it reserves ${asked}, and no node has so much left`,
          "lower deploy.resources.reservations, or remove what else has reserved it"
        )
      }
      room.nanoCpus -= nanoCpus
      room.memoryBytes -= memoryBytes
    }
    return []
  })
}
