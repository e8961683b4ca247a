/**
 * LAW-14: networks by name and owner. Compose refuses a network that it did not create, and cannot remove one that
 * others use.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Compose } from "../docker/Compose.ts"
import { type Container, nameOf } from "../docker/containers.ts"
import type { Docker } from "../docker/Docker.ts"
import type { Hazard } from "../Runtime.ts"
import { networkLabel, projectLabel } from "./projectContainers.ts"

export const Network = Schema.Struct({
  Id: Schema.String,
  Name: Schema.String,
  Labels: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.String)))
})
export type Network = typeof Network.Type

export const allNetworks = Effect.fn("Compose.networks")(function* (docker: Docker) {
  return yield* docker.all("network", Network)
})

/** Networks that the release creates but whose name is taken. */
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
            ? `is its network ${other.Labels?.[networkLabel] ?? "without a name"}`
            : `belongs to the project ${owner}`
      return [
        {
          kind: "taken-network",
          what: `the release creates a network ${name}, but an existing network of that name ${whose}`,
          next: "rename it in the recipe, or set `external: true` if the app should use that network"
        }
      ]
    })

/** Networks of the project that foreign containers use, so that the project could not be taken down. */
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
          what: `container ${nameOf(container)} is outside of the project and uses its network ${Name}, so the app cannot be taken down`,
          next: "create the network outside of the project (docker network create <name>), and set `external: true` in both"
        }))
    )
