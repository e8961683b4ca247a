/**
 * Turns the issues of a schema into sentences: what was found and what is allowed. Pure. A value that the schema marks
 * as `secret` is never quoted (LAW-12).
 */
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import { redactShapes } from "../secrets/Redact.ts"
import { nearest } from "./nearest.ts"

export type Path = ReadonlyArray<PropertyKey>

export interface Finding {
  readonly path: Path
  /** At the key, or at its value. */
  readonly at: "key" | "value"
  readonly text: string
}

/** Decode with these options, so that `explain` gets all issues. */
export const parseOptions: SchemaAST.ParseOptions = { errors: "all", onExcessProperty: "error", reportInput: true }

/** `apps.keycloak.health.checks[0]`; the empty path is the file itself. */
export const showPath = (path: Path): string =>
  path.reduce<string>(
    (shown, key) =>
      typeof key === "number" ? `${shown}[${key}]` : `${shown}${shown === "" ? "" : "."}${shorten(String(key))}`,
    ""
  )

const kinds: Readonly<Partial<Record<SchemaAST.AST["_tag"], string>>> = {
  String: "a text",
  Number: "a number",
  Boolean: "`true` or `false`",
  Arrays: "a list",
  Objects: "keys and values"
}

const annotated = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && key in value
    ? Object.entries(value).find(([k]) => k === key)?.[1]
    : undefined

const expectedOf = (ast: SchemaAST.AST): string => {
  const expected = annotated(ast.annotations, "expected") ?? annotated(ast.encoding?.[0]?.to.annotations, "expected")
  return typeof expected === "string" ? expected : (kinds[ast._tag] ?? "another value")
}

const isSecret = (ast: SchemaAST.AST | null): boolean => annotated(ast?.annotations, "secret") === true

const foundIn = (issue: SchemaIssue.Issue, ast: SchemaAST.AST | null): string => {
  if (!SchemaIssue.hasInput(issue)) return ""
  const { input } = issue
  if (input === null || input === undefined) return ", found nothing"
  if (Array.isArray(input)) return input.length === 0 ? ", found an empty list" : ", found a list"
  if (typeof input === "object") return ", found keys and values"
  if (isSecret(ast)) return `, found a ${typeof input === "string" ? "text" : typeof input} that does not fit`
  if (typeof input === "string") {
    // `status: "200"` looks right; the problem is that it is text.
    const kind = issue._tag === "InvalidType" && ast?._tag !== "String" ? "the text " : ""
    return input === "" ? ", found an empty text" : `, found ${kind}\`${shorten(input)}\``
  }
  return typeof input === "number" ? `, found the number ${input}` : `, found \`${String(input)}\``
}

const shorten = (whole: string): string => {
  const text = redactShapes(whole.slice(0, 4096))
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
  return shown.slice(1, -1).replaceAll('\\"', '"')
}

/** The name of a union's member in messages: its first required key. */
const kindOf = (ast: SchemaAST.AST): string | null => {
  const first = ast._tag === "Objects" ? ast.propertySignatures[0] : undefined
  return first === undefined ? null : String(first.name)
}

/** `where` is the start of a sentence about the value at `path`. */
const where = (path: Path): string => (path.length === 0 ? "" : `\`${showPath(path)}\`: `)

const unknownKey = (issue: SchemaIssue.UnexpectedKey, path: Path): Finding => {
  const key = String(path.at(-1) ?? "")
  const { ast } = issue
  const index = ast._tag === "Objects" ? ast.indexSignatures[0] : undefined
  const known = ast._tag === "Objects" ? ast.propertySignatures.map(({ name }) => String(name)) : []
  const meant = nearest(key, known)
  const text =
    index !== undefined
      ? `expected ${expectedOf(index.parameter)}, found \`${shorten(key)}\``
      : `there is no such key${meant === null ? "" : ` (did you mean \`${meant}\`?)`}, allowed here: ${known.join(", ")}`
  return { path, at: "key", text: where(path) + text }
}

const missingKey = (path: Path, parent: SchemaAST.AST | null): Finding => {
  const key = path.at(-1)
  const property = parent?._tag === "Objects" ? parent.propertySignatures.find(({ name }) => name === key) : undefined
  const needed = property === undefined ? "" : `, expected ${expectedOf(property.type)}`
  return { path, at: "key", text: `${where(path)}it is missing${needed}` }
}

/** Of a union of shapes, only the intended one has a useful issue. */
const unmatched = (issue: SchemaIssue.AnyOf, path: Path): ReadonlyArray<Finding> => {
  const { ast } = issue
  const input = SchemaIssue.hasInput(issue) ? issue.input : undefined
  const given = typeof input === "object" && input !== null ? Object.keys(input) : []
  const kinds = ast.types.map(kindOf)
  const meant = kinds.flatMap((kind, i) => (kind !== null && given.includes(kind) ? [{ kind, ast: ast.types[i] }] : []))
  const [only, ...others] = meant
  if (only !== undefined && others.length === 0) {
    const own = issue.issues.find((member) => member._tag === "Composite" && member.ast === only.ast)
    if (own !== undefined) return walk(own, path, ast)
  }
  if (meant.length > 1) {
    const both = meant.map(({ kind }) => kind).join(" and ")
    return [
      {
        path,
        at: "value",
        text: `${where(path)}it has ${both}: keep one of them, and write the other as a separate entry`
      }
    ]
  }
  const shape = typeof input !== "object" || input === null ? null : Array.isArray(input) ? "Arrays" : "Objects"
  const shaped = ast.types.filter(({ _tag }) => _tag === shape)
  const alone =
    shaped.length === 1 ? issue.issues.find((one) => one._tag === "Composite" && one.ast === shaped[0]) : null
  if (alone) return walk(alone, path, ast)
  // In a union of plain values every member reports the same, so the union's own message is enough.
  const found = given.length > 0 ? `, found ${given.slice(0, 5).map(shorten).join(", ")}` : foundIn(issue, ast)
  return [{ path, at: "value", text: `${where(path)}expected ${expectedOf(ast)}${found}` }]
}

/** The most problems per map or list: readers fix the first ones first. */
const issuesAtMost = 50

const walk = (
  issue: SchemaIssue.Issue,
  path: Path,
  parent: SchemaAST.AST | null,
  expected?: string
): ReadonlyArray<Finding> => {
  switch (issue._tag) {
    case "Pointer":
      return walk(issue.issue, [...path, ...issue.path], parent)
    case "Encoding":
      return walk(issue.issue, path, parent)
    case "Composite":
      return issue.issues.slice(0, issuesAtMost).flatMap((inner) => walk(inner, path, issue.ast))
    case "Filter": {
      const words = annotated(issue.filter.annotations, "expected")
      return walk(issue.issue, path, parent, typeof words === "string" ? words : undefined)
    }
    case "AnyOf":
      return unmatched(issue, path)
    case "UnexpectedKey":
      return [unknownKey(issue, path)]
    case "MissingKey":
      return [missingKey(path, parent)]
    case "InvalidType":
      return [
        { path, at: "value", text: `${where(path)}expected ${expectedOf(issue.ast)}${foundIn(issue, issue.ast)}` }
      ]
    case "InvalidValue": {
      const message = annotated(issue.annotations, "message")
      const text =
        typeof message === "string" ? message : `expected ${expected ?? "another value"}${foundIn(issue, parent)}`
      return [{ path, at: "value", text: where(path) + text }]
    }
    default:
      return [{ path, at: "value", text: `${where(path)}expected another value` }]
  }
}

/** All problems, in the order of the schema, without duplicates. */
export const explain = (issue: SchemaIssue.Issue): ReadonlyArray<Finding> => {
  const seen = new Set<string>()
  const found = walk(issue, [], null)
  return found.filter(({ text }) => {
    const fresh = !seen.has(text)
    seen.add(text)
    return fresh
  })
}
