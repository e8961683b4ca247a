/** A YAML text and where each of its values stands. Pure. */
import * as Result from "effect/Result"
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError
} from "yaml"
import type { Path } from "./explain.ts"

export interface Position {
  readonly line: number
  readonly column: number
}

export interface Located extends Position {
  readonly text: string
}

export interface Source {
  /** Plain JavaScript values; anchors, aliases and merge keys (`<<`) are resolved. */
  readonly value: unknown
  /** What is wrong with the text although its values can be read: keys that are given twice. */
  readonly problems: ReadonlyArray<Located>
  /** Where the key (or the value) at `path` stands; of a path that is not there, the nearest that is. */
  readonly locate: (path: Path, at: "key" | "value") => Position
}

const sentences: Readonly<Partial<Record<YAMLError["code"], string>>> = {
  TAB_AS_INDENT: "a tab is used for indentation, YAML allows only spaces",
  MULTIPLE_DOCS: "a second document (`---`) starts here, a configuration is one",
  BAD_INDENT: "the indentation does not fit the lines above, or a bracket above is not closed"
}

/** @returns the failure lists why the text is no YAML. */
export const parseSource = (text: string): Result.Result<Source, ReadonlyArray<Located>> => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, merge: true })
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.min(offset, text.length))
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const located = (error: YAMLError): Located => ({
    ...position(error.pos[0]),
    text:
      error.code === "DUPLICATE_KEY"
        ? `the key \`${keyAt(text, error.pos[0])}\` is given twice, keep one`
        : (sentences[error.code] ?? `this is not YAML: ${lowerFirst(error.message)}`)
  })
  const complaints = [...document.errors, ...document.warnings]
  const fatal = complaints.filter(({ code }) => code !== "DUPLICATE_KEY")
  if (fatal.length > 0) return Result.fail(oncePerLine(complaints.map(located)))
  if (document.contents === null) {
    return Result.fail([{ line: 1, column: 1, text: "the file is empty, expected `apps:` with the apps by name" }])
  }
  return Result.try({
    // Aliases are followed only here: without an anchor, or to so many values that it must be an attack or an error.
    try: (): unknown => document.toJS(),
    catch: () => {
      const lost = unresolved(document)
      return lost === null
        ? [{ line: 1, column: 1, text: "its aliases (`*name`) repeat too many values" }]
        : [{ ...position(lost.offset), text: `there is no anchor \`&${lost.name}\` above this alias` }]
    }
  }).pipe(
    Result.map((value) => ({
      value,
      problems: complaints.map(located),
      locate: (path, at) => position(offsetOf(document, path, at))
    }))
  )
}

/** The first alias without an anchor. */
const unresolved = (document: Document.Parsed): { readonly name: string; readonly offset: number } | null => {
  let found: { readonly name: string; readonly offset: number } | null = null
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return undefined
      found = { name: alias.source, offset: startOf(alias) ?? 0 }
      return visit.BREAK
    }
  })
  return found
}

/** A broken line breaks the ones below it as well: the first complaint about a line is the one to read. */
const oncePerLine = (problems: ReadonlyArray<Located>): ReadonlyArray<Located> => {
  const lines = new Set<number>()
  return problems.filter(({ line }) => {
    const fresh = !lines.has(line)
    lines.add(line)
    return fresh
  })
}

const keyAt = (text: string, offset: number): string => /^["']?([^\s"':]{0,80})/.exec(text.slice(offset))?.[1] ?? ""

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1)

const offsetOf = (document: Document.Parsed, path: Path, at: "key" | "value"): number => {
  let node: unknown = document.contents
  let offset = startOf(document.contents) ?? 0
  for (const [i, key] of path.entries()) {
    const step = child(document, node, key)
    if (step === null) return offset
    const last = i === path.length - 1
    const isEmpty = isScalar(step.value) && step.value.value === null
    const value = isEmpty ? undefined : startOf(step.value)
    const ownKey = startOf(step.key)
    // A value is named by its own place; everything on the way to it by its key.
    offset = (last && at === "value" ? (value ?? ownKey) : (ownKey ?? value)) ?? offset
    node = step.value
  }
  return offset
}

interface Step {
  readonly key: unknown
  readonly value: unknown
}

const child = (document: Document.Parsed, node: unknown, key: PropertyKey): Step | null => {
  const here = isAlias(node) ? node.resolve(document) : node
  if (isSeq(here)) {
    const value: unknown = typeof key === "number" ? here.items[key] : undefined
    return value === undefined ? null : { key: undefined, value }
  }
  if (!isMap(here)) return null
  const pairs = here.items.filter((item) => isPair(item))
  // Of a key that is given twice the last one counts.
  const own = pairs.findLast((pair) => nameOf(pair.key) === String(key))
  if (own !== undefined) return { key: own.key, value: own.value }
  for (const merge of pairs.filter((pair) => nameOf(pair.key) === "<<")) {
    const sources = isSeq(merge.value) ? merge.value.items : [merge.value]
    for (const source of sources) {
      const found = child(document, source, key)
      if (found !== null) return found
    }
  }
  return null
}

const nameOf = (key: unknown): string => (isScalar(key) ? String(key.value) : String(key))

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined)

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "range" in value
