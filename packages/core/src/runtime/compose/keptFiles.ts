/**
 * Files of the operator that a compose file names by an absolute path, or outside of the app's folder, when a release has
 * copies of them: docker compose is given the copies, so that a rollback deploys the content of its own time (LAW-2).
 */
import { isAbsolute, join, relative, resolve } from "node:path"
import * as Effect from "effect/Effect"
import { kindAt } from "../../disk/kindAt.ts"
import { outsideName } from "../../disk/operatorFiles.ts"
import { type Keys, replaceTexts } from "../../yaml/replaceTexts.ts"
import { isInside } from "../docker/hostPaths.ts"
import { interpolateAll } from "../docker/interpolate.ts"
import { isObject, type Json } from "./view.ts"

interface Places {
  /** The copies that the release was deployed with. */
  readonly copy: string
  readonly folder: string
}

/** The copy of a file; null: there is none. */
export const keptAt = Effect.fnUntraced(function* ({ copy, folder }: Places, file: string) {
  const kept = join(copy, isInside(folder, file) ? relative(folder, file) : outsideName(file))
  return (yield* kindAt(kept)) === "file" ? kept : null
})

const isEnvFile = ([first, _, key]: Keys): boolean =>
  (first === "services" && (key === "env_file" || key === "label_file")) || (first === "include" && key === "env_file")

interface Written {
  readonly text: string
  /** To which its paths are relative. */
  readonly base: string
  readonly variables: Readonly<Record<string, string>>
}

/** A compose file with the copies in place of such env files; null: it names none that has a copy. */
export const withKeptEnvFiles = Effect.fnUntraced(function* (places: Places, { base, text, variables }: Written) {
  const named = new Map<string, string>()
  replaceTexts(text, (keys, value) => {
    const { value: path } = interpolateAll(value, variables)
    const isElsewhere = typeof path === "string" && (isAbsolute(path) || !isInside(places.folder, resolve(base, path)))
    if (isEnvFile(keys) && isElsewhere) named.set(value, resolve(base, path))
    return null
  })
  const kept = new Map<string, string>()
  for (const [value, file] of named) {
    const copy = yield* keptAt(places, file)
    // Compose interpolates the text once more.
    if (copy !== null) kept.set(value, copy.replaceAll("$", "$$$$"))
  }
  if (kept.size === 0) return null
  return replaceTexts(text, (keys, value) => (isEnvFile(keys) ? (kept.get(value) ?? null) : null))
})

/** A resolved model with the copies in place of the files of such secrets and configs. */
export const withKeptContents = Effect.fnUntraced(function* (places: Places, model: Json) {
  if (!isObject(model)) return model
  const led: Record<string, Json> = {}
  for (const kind of ["secrets", "configs"]) {
    const objects = model[kind]
    if (!isObject(objects)) continue
    const entries = yield* Effect.forEach(Object.entries(objects), ([name, object]) =>
      Effect.gen(function* () {
        const file = isObject(object) ? object["file"] : undefined
        const kept = typeof file === "string" ? yield* keptAt(places, file) : null
        return [name, isObject(object) && kept !== null ? { ...object, file: kept } : object] as const
      })
    )
    led[kind] = Object.fromEntries(entries)
  }
  return { ...model, ...led }
})
