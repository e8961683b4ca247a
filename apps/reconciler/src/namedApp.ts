/** Apps with nothing but a name, which is all that a log and alerts need. */
import { join } from "node:path"
import type { App } from "@lastgood/core/domain/App"
import { hostName } from "@lastgood/core/domain/hostName"
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

export { hostName }

export const hostApp = (root: string): App => namedApp(root, hostName)
