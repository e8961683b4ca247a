/** The configuration without secrets, for others to read. Pure. */
import { ConfigFile } from "@lastgood/core/config/ConfigFile"
import type * as SchemaAST from "effect/SchemaAST"

const hidden = "***"

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const mapValues = (value: Readonly<Record<string, unknown>>, to: (inner: unknown, key: string) => unknown) =>
  Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, to(inner, key)]))

/** Keys stay, so that readers see what is configured. */
const hide = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(hide)
  if (isObject(value)) return mapValues(value, hide)
  return value === null || typeof value === "boolean" ? value : hidden
}

const objectsIn = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.Objects> => {
  if (ast._tag === "Objects") return [ast]
  return ast._tag === "Union" ? ast.types.flatMap(objectsIn) : []
}

const typeOf = (ast: SchemaAST.AST, key: string): SchemaAST.AST | undefined => {
  const objects = objectsIn(ast)
  const property = objects.flatMap(({ propertySignatures }) => propertySignatures).find(({ name }) => name === key)
  return property?.type ?? objects.flatMap(({ indexSignatures }) => indexSignatures)[0]?.type
}

/** Scalars without a known type, such as a plugin's settings, may be secret. */
const isShown = (ast: SchemaAST.AST): boolean =>
  ast.annotations?.["secret"] !== true && !["Unknown", "Any", "Objects", "Arrays"].includes(ast._tag)

const shown = (ast: SchemaAST.AST | undefined, value: unknown): unknown => {
  if (ast === undefined) return hide(value)
  if (Array.isArray(value)) return value.map((item) => shown(ast._tag === "Arrays" ? ast.rest[0] : undefined, item))
  if (isObject(value)) return mapValues(value, (inner, key) => shown(typeOf(ast, key), inner))
  return isShown(ast) ? value : hide(value)
}

/**
 * Shows `***` for values that the schema does not know or marks as `secret`, so also for a misspelt `notify`.
 *
 * @param value value of the file, valid or not.
 */
export const shownConfig = (value: unknown): unknown => shown(ConfigFile.ast, value)
