/** Labels by which services and containers tell which release they are. */
import type { Release } from "../../domain/App.ts"

export const versionLabel = "lastgood.version"
export const commitLabel = "lastgood.commit"

export const releaseLabels = ({ version, commit }: Pick<Release, "version" | "commit">) => ({
  [versionLabel]: version,
  [commitLabel]: commit
})

export type Labels = Readonly<Record<string, string>>

/** What all of some labelled objects say alike; null: they do not agree, or one does not say. */
export const agreed = (objects: ReadonlyArray<Labels>, label: string): string | null => {
  const values = new Set(objects.map((labels) => labels[label] ?? null))
  const [value = null] = values
  return values.size === 1 ? value : null
}
