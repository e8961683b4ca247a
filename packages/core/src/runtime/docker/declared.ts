/** The declarations of a release's services that lastgood reads (`Runtime.declared`). */
import * as Effect from "effect/Effect"
import type { DeclaredService } from "../Runtime.ts"
import type { Compose, ComposeService } from "./Compose.ts"
import { timingFrom } from "./ComposeLabels.ts"
import type { Docker } from "./Docker.ts"
import { hasHealthcheck, imageTiming } from "./images.ts"
import { imagesHere } from "./prerequisites.ts"

/** LAW-12: other labels may contain secrets (a proxy's users and their hashes), and lastgood does not need them. */
const isRead = (label: string): boolean => /^(?:lastgood|coop-cloud|backupbot)\./.test(label)

/** @param isHere whether a service's containers are on this host. Only then can their HEALTHCHECK be read. */
export const declaredBy = Effect.fn("Docker.declaredBy")(function* (
  docker: Docker,
  compose: Compose,
  isHere: (service: ComposeService) => boolean = () => true
) {
  const images = yield* imagesHere(docker, compose)
  return compose.services.map((service): DeclaredService => {
    const { healthcheck, labels, name, replicas, timing = {} } = service
    const image = images.get(name)
    const ofImage = image !== undefined && hasHealthcheck(image) ? "image" : null
    const from =
      healthcheck === "none" || replicas === 0 || !isHere(service)
        ? null
        : healthcheck === "compose"
          ? "compose"
          : ofImage
    return {
      name,
      labels: Object.fromEntries(Object.entries(labels).filter(([label]) => isRead(label))),
      healthcheck: from,
      // A HEALTHCHECK of the compose file inherits nothing from the image's.
      ...(from === null ? {} : { timing: timingFrom(timing, from === "image" ? imageTiming(image) : {}) })
    }
  })
})
