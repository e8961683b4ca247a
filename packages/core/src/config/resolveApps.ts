/** From the file's apps to the domain's: every path absolute, every default filled in. Pure. */
import { join } from "node:path"
import type { App, VolumeFilter } from "../domain/App.ts"
import type { AppFile } from "./AppFile.ts"
import { toChecks } from "./CheckFile.ts"
import type { Finding } from "./explain.ts"
import { absolute, type Place, recipeFolder, recipeName } from "./place.ts"

const defaultIntervalMs = 15 * 60_000

const filtersOf = ({ include, exclude }: AppFile["snapshot"]): Readonly<Record<string, VolumeFilter>> => {
  const volumes = new Set([...Object.keys(include), ...Object.keys(exclude)])
  return Object.fromEntries(
    [...volumes].map((volume) => [volume, { include: include[volume] ?? [], exclude: exclude[volume] ?? [] }])
  )
}

export const resolveApp = (name: string, file: AppFile, root: string, place: Place): App => {
  const { deadlines, health, runtime, snapshot } = file
  const recipe = recipeFolder(place, file.recipe, runtime === "abra")
  const domain = file.domain ?? name
  return {
    name,
    recipe,
    recipeName: recipeName(recipe),
    runtime,
    domain,
    stack: file.stack ?? domain.replaceAll(".", "_"),
    envFile: file.env === undefined ? null : absolute(place, file.env),
    volumes: file.volumes ?? [],
    policy: file.policy,
    minimumAgeMs: file.minimumAge,
    schedule: file.schedule ?? null,
    intervalMs: file.interval ?? defaultIntervalMs,
    gate: {
      deadlineMs: health.deadline,
      stableForMs: health.stableFor,
      intervalMs: health.interval,
      checks: toChecks(health.checks ?? [], domain)
    },
    snapshot: { keep: snapshot.keep, filters: filtersOf(snapshot), asideMs: snapshot.asideFor },
    deadlines: { prefetchMs: deadlines.prefetch, undeployMs: deadlines.undeploy, deployMs: deadlines.deploy },
    dir: join(root, name)
  }
}

/** Two apps of one stack would undeploy each other and share their volumes (LAW-1, LAW-7). */
export const sharedStacks = (apps: ReadonlyArray<App>): ReadonlyArray<Finding> => {
  const owners = new Map<string, string>()
  return apps.flatMap((app) => {
    const owner = owners.get(app.stack)
    if (owner === undefined) {
      owners.set(app.stack, app.name)
      return []
    }
    const text = `\`apps.${app.name}\`: its stack \`${app.stack}\` is that of the app ${owner}; give it its own \`stack\` or \`domain\``
    return [{ path: ["apps", app.name], at: "key" as const, text }]
  })
}
