/** The base of a configuration's relative paths, names and defaults. Pure. */
import { basename, join, resolve } from "node:path"

export interface ConfigPlace {
  /** Absolute path of the configuration file. */
  readonly file: string
  /** Its folder. */
  readonly folder: string
  /** The user's home, for `~/`. */
  readonly home: string
  /** The folder in which abra keeps its recipes and servers. */
  readonly abraDir: string
}

/** Makes a path of the file absolute: it is absolute already, starts with `~/`, or is relative to the file's folder. */
export const absolute = (place: ConfigPlace, path: string): string =>
  path === "~" || path.startsWith("~/") ? join(place.home, path.slice(1)) : resolve(place.folder, path)

/** The recipe's repository: a path, or for abra a name without a slash. */
export const recipeFolder = (place: ConfigPlace, recipe: string, isAbra: boolean): string =>
  isAbra && !recipe.includes("/") && !recipe.startsWith(".") && recipe !== "~"
    ? join(place.abraDir, "recipes", recipe)
    : absolute(place, recipe)

/** A recipe's name is its folder's, without the `.git` of a bare repository. */
export const recipeName = (folder: string): string => basename(folder).replace(/(?<=.)\.git$/, "")
