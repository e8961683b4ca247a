/** The Watchtowers of a host, and LAW-7: two programs that upgrade one app. Pure. */
import type { Hazard } from "../Runtime.ts"
import { type Container, labelOf, nameOf } from "./containers.ts"
import { readWatchtower, treatmentBy, type Watchtower, watchtowerLabel } from "./Watchtower.ts"

const textsIn = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : []

/** The image of Watchtower labels itself; copies of it may not. */
export const isWatchtower = (container: Container): boolean =>
  labelOf(container, watchtowerLabel) === "true" ||
  /(?:^|\/)watchtower(?::[^/]*)?(?:@.*)?$/.test(container.Config.Image)

export const watchtowersIn = (containers: ReadonlyArray<Container>): ReadonlyArray<Watchtower> =>
  containers
    .filter(isWatchtower)
    .map((container) =>
      readWatchtower(
        nameOf(container),
        container.State.Running,
        container.Config.Env ?? [],
        textsIn(container.Config["Cmd"])
      )
    )

/**
 * A Watchtower that restarts a container of the app would do so in the middle of an attempt, or put another version on
 * data of which there is no snapshot.
 */
export const watchtowerHazards = (
  own: ReadonlyArray<Container>,
  others: ReadonlyArray<Container>
): ReadonlyArray<Hazard> => {
  const towers = watchtowersIn([...own, ...others]).filter(({ isRunning }) => isRunning)
  return towers.flatMap((tower) => {
    const names = own
      .filter((container) => !isWatchtower(container))
      .filter((container) => {
        const { Labels } = container.Config
        const seen = { name: nameOf(container), isRunning: container.State.Running, labels: Labels ?? {} }
        return ["updated", "fixed"].includes(treatmentBy(tower, seen))
      })
      .map(nameOf)
    return names.length === 0
      ? []
      : [
          {
            kind: "watchtower",
            what: `Watchtower (container ${tower.name}) upgrades ${names.toSorted().join(", ")} by itself`,
            next: `stop it (docker stop ${tower.name}), or give these containers the label ${watchtowerLabel}.enable=false`
          }
        ]
  })
}
