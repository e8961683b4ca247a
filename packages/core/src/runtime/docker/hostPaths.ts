/**
 * Files of the host that a recipe's compose files name. docker reads them as root and gives their content to the app
 * (LAW-17). They are taken from the files as written, since docker resolves some without a trace. Pure.
 *
 * A path in a variable of the env file is the operator's decision and is not reported; the recipe's default for it is.
 */
import { isAbsolute, resolve, sep } from "node:path"

export interface NamedPath {
  /** `services.web.env_file`. */
  readonly at: string
  /** As written. */
  readonly path: string
  /** Absolute, relative paths resolved from the compose file's folder; null: it starts in a home folder. */
  readonly file: string | null
  /** `compose`: it may name more files. */
  readonly use: "compose" | "env" | "content" | "build"
  /** It may be missing (`required: false`). */
  readonly isOptional: boolean
}

const keysOf = (value: unknown): ReadonlyArray<readonly [string, unknown]> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : []
const field = (value: unknown, key: string): unknown => keysOf(value).find(([name]) => name === key)?.[1]
const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [value])

interface WrittenPath {
  readonly path: string
  readonly isOptional: boolean
}

/** Of a path, or of a list of paths or of objects with a path. */
const pathsIn = (value: unknown, key = "path"): ReadonlyArray<WrittenPath> =>
  listOf(value).flatMap((one) =>
    listOf(typeof one === "string" ? one : field(one, key))
      .filter(isText)
      .map((path) => ({ path, isOptional: field(one, "required") === false }))
  )
const isText = (value: unknown): value is string => typeof value === "string" && value !== ""

/** `${X:-/etc/x}` and `${X-/etc/x}` become their default; any other variable becomes a name inside of the recipe. */
const withDefaults = (path: string): string =>
  path.replaceAll(/\$\{[A-Za-z0-9_]+(?::?-([^}]*))?[^}]*\}|\$[A-Za-z0-9_]+/g, (_, fallback: string | undefined) =>
    fallback === undefined || fallback === "" ? "_" : fallback
  )

/** A build context may also be a repository or an image. */
const isRemote = (path: string): boolean => /^(?:[a-z][a-z0-9+.-]*:\/\/|git@)/i.test(path)

const named = (
  folder: string,
  at: string,
  { isOptional, path: written }: WrittenPath,
  use: NamedPath["use"]
): ReadonlyArray<NamedPath> => {
  const path = withDefaults(written)
  if (isRemote(path)) return []
  return [{ at, path: written, file: path.startsWith("~") ? null : resolve(folder, path), use, isOptional }]
}

const ofBuild = (folder: string, at: string, build: unknown): ReadonlyArray<NamedPath> => {
  const read = (from: string, place: string, path: string) => named(from, place, { path, isOptional: false }, "build")
  const context = typeof build === "string" ? build : field(build, "context")
  const base = isText(context) ? withDefaults(context) : "."
  const dockerfile = field(build, "dockerfile")
  const extra = field(build, "additional_contexts")
  const contexts = Array.isArray(extra)
    ? extra.filter(isText).map((one) => [one.split("=")[0] ?? "", one.slice(one.indexOf("=") + 1)] as const)
    : keysOf(extra)
  return [
    ...(isText(context) ? read(folder, typeof build === "string" ? at : `${at}.context`, context) : []),
    ...(isText(dockerfile) && !isRemote(base) && !base.startsWith("~")
      ? read(resolve(folder, base), `${at}.dockerfile`, dockerfile)
      : []),
    ...contexts.flatMap(([name, path]) =>
      isText(path) && /^(?:[./~$])/.test(path) ? read(folder, `${at}.additional_contexts.${name}`, path) : []
    )
  ]
}

/** @param folder to which paths in the file are relative. */
export const pathsNamedIn = (document: unknown, folder: string): ReadonlyArray<NamedPath> => [
  ...keysOf(field(document, "services")).flatMap(([name, service]) => {
    const at = `services.${name}`
    return [
      ...pathsIn(field(service, "env_file")).flatMap((path) => named(folder, `${at}.env_file`, path, "env")),
      ...pathsIn(field(service, "label_file")).flatMap((path) => named(folder, `${at}.label_file`, path, "env")),
      ...pathsIn(field(field(service, "extends"), "file")).flatMap((path) =>
        named(folder, `${at}.extends.file`, path, "compose")
      ),
      ...ofBuild(folder, `${at}.build`, field(service, "build"))
    ]
  }),
  ...["configs", "secrets"].flatMap((kind) =>
    keysOf(field(document, kind)).flatMap(([name, object]) =>
      pathsIn(field(object, "file")).flatMap((path) => named(folder, `${kind}.${name}.file`, path, "content"))
    )
  ),
  ...listOf(field(document, "include")).flatMap((one) => [
    ...pathsIn(one).flatMap((path) => named(folder, "include", path, "compose")),
    ...pathsIn(field(one, "env_file")).flatMap((path) => named(folder, "include.env_file", path, "env"))
  ])
]

export const isInside = (folder: string, file: string | null): boolean =>
  file !== null &&
  isAbsolute(file) &&
  (file === folder || file.startsWith(folder.endsWith(sep) ? folder : folder + sep))
