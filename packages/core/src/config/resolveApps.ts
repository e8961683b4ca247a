/** Makes the domain's apps from the file's: every path absolute, every default filled in. Pure. */
import { join } from "node:path"
import type { ConfiguredApp } from "../domain/App.ts"
import { isOfVolume } from "../domain/folders.ts"
import { orderProblems } from "../domain/policy/after.ts"
import { projectNameOf } from "../domain/projectNameOf.ts"
import { traitsOf } from "../domain/RuntimeKind.ts"
import type { Finding } from "../yaml/explain.ts"
import type { AppFile } from "./AppFile.ts"
import { defaultSettings } from "./defaults.ts"
import { absolute, type ConfigPlace, recipeFolder, recipeName } from "./place.ts"
import { settle } from "./settle.ts"
import { toVersionsFrom } from "./VersionsFile.ts"
import { toWindows } from "./windows.ts"

export const resolveApp = (name: string, file: AppFile, root: string, place: ConfigPlace): ConfiguredApp => {
  const recipe = recipeFolder(place, file.recipe, traitsOf(file).catalog === "abra")
  const domain = file.domain ?? name
  const folder = file.folder === undefined ? null : absolute(place, file.folder)
  const app: ConfiguredApp = {
    ...defaultSettings,
    name,
    recipe,
    versions: toVersionsFrom(file.versions),
    recipeName: recipeName(recipe),
    runtime: file.runtime,
    domain,
    stack: file.stack ?? stackOf(domain, folder),
    envFile: file.env === undefined ? null : absolute(place, file.env),
    volumes: file.volumes ?? [],
    folder,
    data: new Map(
      Object.entries(file.data ?? {}).map(([path, answer]) => [
        isOfVolume(path) ? path : absolute(folder === null ? place : { ...place, folder }, path),
        answer
      ])
    ),
    windows: toWindows(file.window),
    after: file.after ?? [],
    dir: join(root, name),
    stage: "configured"
  }
  return settle(app, file, "config")
}

/** As compose names the project of a folder, where that is known: `docker compose ps` in it finds the app. */
const stackOf = (domain: string, folder: string | null): string => {
  const named = folder === null ? "" : projectNameOf(folder)
  return named === "" ? domain.replaceAll(".", "_") : named
}

/** Two apps of one stack would undeploy each other and share their volumes (LAW-1, LAW-7). */
export const sharedStacks = (apps: ReadonlyArray<ConfiguredApp>): ReadonlyArray<Finding> => {
  const owners = new Map<string, string>()
  return apps.flatMap((app) => {
    const owner = owners.get(app.stack)
    if (owner === undefined) {
      owners.set(app.stack, app.name)
      return []
    }
    const text = `\`apps.${app.name}\`: the app ${owner} has the same stack \`${app.stack}\`; give one of them another \`stack\` or \`domain\``
    return [{ path: ["apps", app.name], at: "key" as const, text }]
  })
}

/** `after` names apps of this file, and leads to no app again. */
export const wrongOrder = (apps: ReadonlyArray<ConfiguredApp>): ReadonlyArray<Finding> =>
  orderProblems(apps).map(({ app, index, text }) => ({
    path: ["apps", app, "after", index],
    at: "value" as const,
    text: `\`apps.${app}.after[${index}]\`: ${text}`
  }))
