/** The release that a running stack is, by its labels. */
import { agreed, commitLabel, versionLabel } from "../docker/labels.ts"
import type { Service } from "./Services.ts"

/** Written by Co-op Cloud's tools, on one service of the stack. */
const coopCloudLabel = (stack: string): string => `coop-cloud.${stack}.version`

/** The release that a stack runs. What its services do not agree on is not known. */
export const releaseOf = (
  stack: string,
  services: ReadonlyArray<Service>
): { readonly version: string | null; readonly commit: string | null } => {
  const labels = services.map(({ Spec }) => Spec.Labels ?? {})
  const isOurs = labels.some((own) => own[commitLabel] !== undefined)
  if (isOurs) return { version: agreed(labels, versionLabel), commit: agreed(labels, commitLabel) }
  const foreign = labels.flatMap((own) => own[coopCloudLabel(stack)] ?? [])
  const [version = null] = foreign
  return { version: new Set(foreign).size === 1 ? version : null, commit: null }
}
