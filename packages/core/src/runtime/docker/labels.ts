/** Labels that identify the release of services and containers. */
import type { Release } from "../../domain/App.ts"

export const versionLabel = "lastgood.version"
export const commitLabel = "lastgood.commit"

export const releaseLabels = ({ version, commit }: Pick<Release, "version" | "commit">) => ({
  [versionLabel]: version,
  [commitLabel]: commit
})
