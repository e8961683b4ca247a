/** The release of a running stack, from its labels. */
import { commonRelease } from "../../inspection.ts"
import { commitLabel, versionLabel } from "../labels.ts"
import type { Service } from "./Services.ts"

/** Co-op Cloud's tools write it on one service of the stack. */
const coopCloudLabel = (stack: string): string => `coop-cloud.${stack}.version`

/** The version that Co-op Cloud's tools recorded. */
export const foreignVersion = (stack: string, services: ReadonlyArray<Service>): string | null => {
  const said = services.flatMap(({ Spec }) => Spec.Labels?.[coopCloudLabel(stack)] ?? [])
  const [version = null] = said
  return new Set(said).size === 1 ? version : null
}

/**
 * The release of a stack, from lastgood's labels on its services. Properties in which the services differ are unknown.
 */
export const releaseOf = (services: ReadonlyArray<Service>) =>
  commonRelease(
    services.map(({ Spec }) => ({
      version: Spec.Labels?.[versionLabel] ?? null,
      commit: Spec.Labels?.[commitLabel] ?? null
    }))
  )
