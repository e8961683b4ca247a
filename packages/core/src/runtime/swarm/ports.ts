/** LAW-14: ports that the release publishes but that are taken. Pure. */

import type { PortListener } from "../../host/Ports.ts"
import type { ComposeService } from "../docker/Compose.ts"
import { namespaceLabel, type Service } from "../docker/stack/Services.ts"
import type { Hazard } from "../Runtime.ts"

export interface SwarmPortFacts {
  readonly stack: string
  readonly services: ReadonlyArray<ComposeService>
  /** Of the whole swarm. */
  readonly existing: ReadonlyArray<Service>
  /** Listeners on this host, without those of the stack's own containers. */
  readonly listeners: ReadonlyArray<PortListener>
  readonly nodes: number
}

const keyOf = (protocol: string, port: number): string => `${port}/${protocol.toLowerCase()}`

export const takenPorts = ({ stack, services, existing, listeners, nodes }: SwarmPortFacts): ReadonlyArray<Hazard> => {
  const published = existing.flatMap(({ Spec, Endpoint }) =>
    (Endpoint?.Ports ?? []).map(({ Protocol, PublishedPort, PublishMode }) => ({
      key: keyOf(Protocol, PublishedPort ?? 0),
      mode: PublishMode ?? "ingress",
      service: Spec.Name,
      isOwn: Spec.Labels?.[namespaceLabel] === stack
    }))
  )
  // The stack itself has the port now: any listener on it acts for the stack.
  const own = new Set(published.filter(({ isOwn }) => isOwn).map(({ key }) => key))
  return services.flatMap(({ name, ports }) =>
    ports.flatMap(({ protocol, published: port, mode }) => {
      const key = keyOf(protocol, port)
      const taken = (who: string): ReadonlyArray<Hazard> => [
        {
          kind: "port-taken",
          what: `${name} publishes port ${key}, which is in use by ${who}`,
          next: "change the port of one of the two"
        }
      ]
      // A port of one node is free on the others.
      const service = published.find(
        (other) =>
          !other.isOwn && other.key === key && (nodes === 1 || (other.mode === "ingress" && mode === "ingress"))
      )
      if (service !== undefined) return taken(`service ${service.service}`)
      const listener = own.has(key) ? undefined : listeners.find((l) => keyOf(l.protocol, l.port) === key)
      return listener === undefined ? [] : taken(listener.who)
    })
  )
}
