/** Apps with nothing but a name, which is all that a log and alerts need. */
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
  folder: null,
  data: new Map(),
  dir: join(root, name)
})

/** The name for alerts without an app in `lastgood alerts`. No app can have this name. */
export const hostName = "_host"

export const hostApp = (root: string): App => namedApp(root, hostName)
