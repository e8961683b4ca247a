/** LAW-14: networks by name and by owner. Compose refuses one that it did not make, and cannot remove one that others use. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Compose } from "../docker/Compose.ts"
import { type Container, nameOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import type { Hazard } from "../Runtime.ts"
import { networkLabel, projectLabel } from "./Project.ts"

export const Network = Schema.Struct({
  Id: Schema.String,
  Name: Schema.String,
  Labels: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.String)))
})
export type Network = typeof Network.Type

export const allNetworks = Effect.fn("Compose.networks")(function* (docker: Docker) {
  return yield* docker.all("network", Network)
})

/** Names of networks that the release makes, and somebody else has. */
export const takenNetworks = (
  stack: string,
  { networks }: Pick<Compose, "networks">,
  there: ReadonlyArray<Network>
): ReadonlyArray<Hazard> =>
  networks
    .filter(({ external }) => !external)
    .flatMap(({ key, name }) => {
      const other = there.find(
        ({ Name, Labels }) => Name === name && (Labels?.[projectLabel] !== stack || Labels?.[networkLabel] !== key)
      )
      if (other === undefined) return []
      const owner = other.Labels?.[projectLabel]
      const whose =
        owner === undefined
          ? "was not made by docker compose"
          : owner === stack
            ? `is its network ${other.Labels?.[networkLabel] ?? "of no name"}`
            : `belongs to the project ${owner}`
      return [
        {
          kind: "taken-network",
          what: `the release makes a network ${name}, but one of that name ${whose}`,
          next: "give it another name in the recipe, or say `external: true` if the app is to use that one"
        }
      ]
    })

/** Networks of the project's own that somebody else uses: they would keep the project from being taken down. */
export const sharedNetworks = (
  stack: string,
  there: ReadonlyArray<Network>,
  otherContainers: ReadonlyArray<Container>
): ReadonlyArray<Hazard> =>
  there
    .filter(({ Labels }) => Labels?.[projectLabel] === stack)
    .flatMap(({ Id, Name }) =>
      otherContainers
        .filter(({ NetworkSettings }) =>
          Object.values(NetworkSettings?.Networks ?? {}).some((network) => network.NetworkID === Id)
        )
        .slice(0, 1)
        .map((container) => ({
          kind: "shared-network",
          what: `container ${nameOf(container)}, not of the project, uses its network ${Name}: the app cannot be taken down with it`,
          next: "make the network outside of the project (docker network create <name>), and say `external: true` in both"
        }))
    )
