/** Which compose files a project was started with, and how lastgood finds them again. Pure. */
import { dirname, isAbsolute, relative } from "node:path"
import { usualFiles, usualOverrides } from "../runtime/compose/source.ts"

export interface FilesOfProject {
  /** The folder of the first file: the recipe. */
  readonly recipe: string
  /** Relative to it; empty: docker compose finds them by itself. */
  readonly named: ReadonlyArray<string>
  /** Files that are not in that folder. */
  readonly outside: ReadonlyArray<string>
}

/**
 * @param files absolute, at least one
 * @param there names in the folder of the first file
 * @param said `COMPOSE_FILE` of the env file
 */
export const filesOf = (
  files: readonly [string, ...Array<string>],
  there: ReadonlySet<string>,
  said: string | undefined
): FilesOfProject => {
  const recipe = dirname(files[0])
  const paths = files.map((file) => relative(recipe, file))
  const outside = files.filter((_, i) => paths[i]?.startsWith("../") === true || isAbsolute(paths[i] ?? ""))
  const found = [usualFiles, usualOverrides].map((names) => names.find((name) => there.has(name)))
  const usual = found.filter((name) => name !== undefined)
  const isFound =
    said === undefined ? usual.join("\0") === paths.join("\0") : said.split(":").join("\0") === paths.join("\0")
  return { recipe, named: isFound ? [] : paths, outside }
}
