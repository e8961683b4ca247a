/** The layout of a release on this host: its paths, and its files byte for byte as in the commit. Pure. */
import { join } from "node:path"
import type { App } from "../domain/App.ts"
import type { Ref } from "../domain/Ref.ts"

export interface ReleasePaths {
  readonly root: string
  readonly folder: string
  readonly recipe: string
  readonly env: string
  /** The env file of a release that is only inspected. */
  readonly nextEnv: string
  /** A copy of the operator's files. */
  readonly operatorFiles: string
  /** Which images it is of, where the recipe does not say. */
  readonly images: string
}

/** Whether the text is a full object name or a SHA-256, which may become the name of a folder. */
export const isCommit = (text: string): boolean => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text)

export const imagesName = "images.json"

/** Two versions may be tags of one commit and be deployed with different env files, so each keeps its own. */
const envName = (version: string): string => `env.${version.replace(/[^A-Za-z0-9._+=,-]/g, "_")}`

export const pathsOf = (app: App, { commit, version }: Ref): ReleasePaths => {
  const root = join(app.dir, "releases")
  const folder = join(root, commit)
  const env = join(folder, envName(version))
  return {
    ...{ root, folder, env },
    recipe: join(folder, "recipe"),
    nextEnv: `${env}.next`,
    operatorFiles: `${env}.files`,
    images: join(folder, imagesName)
  }
}

/**
 * For `info/attributes`: overrides a recipe's own attributes, which could start programs (`filter`) or change bytes
 * (`eol`, `ident`).
 */
export const bytesAsTheyAre = "* -text !eol -filter -ident !working-tree-encoding\n"
