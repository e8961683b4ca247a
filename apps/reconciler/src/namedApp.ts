/** Stand-ins for an app of which only the name counts: its log and its alerts need no more. */
import { join } from "node:path"
import type { App } from "@lastgood/core/domain/App"
import { fromTags } from "@lastgood/core/domain/VersionsFrom"

export const namedApp = (root: string, name: string): App => ({
  name,
  recipe: "",
  versions: fromTags,
  recipeName: "",
  runtime: "local",
  domain: "",
  stack: name,
  envFile: null,
  volumes: [],
  dir: join(root, name)
})

/** As `lastgood alerts` names what belongs to no app. No app can have this name. */
export const hostName = "_host"

export const hostApp = (root: string): App => namedApp(root, hostName)
