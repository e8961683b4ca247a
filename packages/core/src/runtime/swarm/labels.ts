/** Labels by which a running stack tells which release it is. */
import type { Release } from "../../domain/App.ts"
import type { Service } from "./Services.ts"

export const versionLabel = "lastgood.version"
export const commitLabel = "lastgood.commit"

/** Written by Co-op Cloud's tools, on one service of the stack. */
const coopCloudLabel = (stack: string): string => `coop-cloud.${stack}.version`

export const releaseLabels = ({ version, commit }: Pick<Release, "version" | "commit">) => ({
  [versionLabel]: version,
  [commitLabel]: commit
})

/** The release that a stack runs. What its services do not agree on is not known. */
export const releaseOf = (
  stack: string,
  services: ReadonlyArray<Service>
): { readonly version: string | null; readonly commit: string | null } => {
  const agreed = (label: string): string | null => {
    const values = new Set(services.map(({ Spec }) => Spec.Labels?.[label] ?? null))
    const [value = null] = values
    return values.size === 1 ? value : null
  }
  const commit = agreed(commitLabel)
  const isOurs = services.some(({ Spec }) => Spec.Labels?.[commitLabel] !== undefined)
  if (isOurs) return { version: agreed(versionLabel), commit }
  const foreign = services.flatMap(({ Spec }) => Spec.Labels?.[coopCloudLabel(stack)] ?? [])
  const [version = null] = foreign
  return { version: new Set(foreign).size === 1 ? version : null, commit: null }
}
