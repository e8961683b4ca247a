/** The release that a running stack is, by its labels. */
import { commonRelease } from "../../inspection.ts"
import { commitLabel, versionLabel } from "../labels.ts"
import type { Service } from "./Services.ts"

/** Written by Co-op Cloud's tools, on one service of the stack. */
const coopCloudLabel = (stack: string): string => `coop-cloud.${stack}.version`

/** The version that Co-op Cloud's tools say they deployed. */
export const foreignVersion = (stack: string, services: ReadonlyArray<Service>): string | null => {
  const said = services.flatMap(({ Spec }) => Spec.Labels?.[coopCloudLabel(stack)] ?? [])
  const [version = null] = said
  return new Set(said).size === 1 ? version : null
}

/** The release that a stack runs, by what lastgood wrote on its services. What they do not agree on is not known. */
export const releaseOf = (services: ReadonlyArray<Service>) =>
  commonRelease(
    services.map(({ Spec }) => ({
      version: Spec.Labels?.[versionLabel] ?? null,
      commit: Spec.Labels?.[commitLabel] ?? null
    }))
  )
