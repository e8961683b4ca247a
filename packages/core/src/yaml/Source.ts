/** A YAML text with the positions of its values. Pure. No message quotes a value, which may be a secret (LAW-12). */
import * as Result from "effect/Result"
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  visit,
  type YAMLError,
  YAMLParseError
} from "yaml"
import type { Path } from "./explain.ts"
import { isTooDeep, tokensIn } from "./limits.ts"

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
  /** Problems of a text whose values can still be read: duplicate keys. */
  readonly problems: ReadonlyArray<Located>
  /** The position of the key (or the value) at `path`; for a missing path, of the nearest existing one. */
  readonly locate: (path: Path, at: "key" | "value") => Position
}

const sentences: Readonly<Partial<Record<YAMLError["code"], string>>> = {
  TAB_AS_INDENT: "a tab is used for indentation, but YAML allows only spaces",
  BAD_DIRECTIVE: "a line that starts with % is a directive, which is not supported here",
  MULTIPLE_DOCS: "a second document (`---`) starts here, but a configuration is only one",
  BAD_INDENT: "the indentation does not fit the lines above, or a bracket above is not closed"
}

export interface SourceOptions {
  /** How to treat unknown tags (`!reset`): `refuse` (a typing error), or `ignore`. */
  readonly unknownTags?: "refuse" | "ignore"
}

/** In a file that is not YAML, every line would be a problem. */
const complaintsAtMost = 50

const tooDeep = "it is nested too deeply, or an alias leads back to itself"

/** As the library's `parseDocument`, for a text whose tokens were read already: a large configuration takes long. */
const documentOf = (tokens: ReadonlyArray<CST.Token>, length: number): Document.Parsed => {
  const composer = new Composer({ prettyErrors: false, stringKeys: true, merge: true, uniqueKeys: false })
  let document: Document.Parsed | null = null
  for (const one of composer.compose(tokens, true, length)) {
    if (document !== null) {
      const [start, end] = one.range
      document.errors.push(new YAMLParseError([start, end], "MULTIPLE_DOCS", "there is a second document"))
      break
    }
    document = one
  }
  if (document === null) throw new Error("a text without a document: a bug in the YAML library")
  return document
}

/** @returns the failure lists why the text is not YAML. */
export const parseSource = (
  text: string,
  { unknownTags = "refuse" }: SourceOptions = {}
): Result.Result<Source, ReadonlyArray<Located>> => {
  const lines = new LineCounter()
  const tokens = tokensIn(text, lines)
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.min(offset, text.length))
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  if (Result.isFailure(tokens)) {
    const { offset, what } = tokens.failure
    return Result.fail([{ ...position(offset), text: what }])
  }
  const document = documentOf(tokens.success, text.length)
  const located = (error: YAMLError): Located => ({
    ...position(error.pos[0]),
    text: sentences[error.code] ?? `this is not YAML: ${lowerFirst(withoutSource(error.message))}`
  })
  const isIgnored = ({ code }: YAMLError) => code === "TAG_RESOLVE_FAILED" && unknownTags === "ignore"
  const fatal = [...document.errors, ...document.warnings.filter((warning) => !isIgnored(warning))]
  const twice = () =>
    repeatedKeys(document).map((offset) => ({
      ...position(offset),
      text: `the key \`${keyAt(text, offset)}\` is given twice: keep one`
    }))
  if (fatal.length > 0) {
    const complaints = [...fatal.slice(0, complaintsAtMost).map(located), ...twice()]
    return Result.fail(oncePerLine(complaints.slice(0, complaintsAtMost)))
  }
  if (document.contents === null) {
    return Result.fail([{ line: 1, column: 1, text: "the file is empty: expected `apps:` with the apps by name" }])
  }
  return Result.try({
    // Aliases are resolved only here. This fails for an alias without an anchor, and for so many values that it must be
    // an attack or an error.
    try: (): unknown => document.toJS(),
    catch: () => {
      const lost = unresolved(document)
      return lost === null
        ? [{ line: 1, column: 1, text: "its aliases (`*name`) repeat too many values" }]
        : [
            {
              ...position(lost),
              text: "there is no anchor for this alias above it; a text that starts with * needs quotes"
            }
          ]
    }
  }).pipe(
    Result.flatMap((value) =>
      isTooDeep(value) ? Result.fail([{ line: 1, column: 1, text: tooDeep }]) : Result.succeed(value)
    ),
    Result.map((value) => ({
      value,
      problems: twice().slice(0, complaintsAtMost),
      locate: (path, at) => position(offsetOf(document, path, at))
    }))
  )
}

/** The values of another tool's file, with tags that only that tool knows; undefined: it is not YAML. */
export const valuesIn = (text: string): unknown =>
  Result.getOrUndefined(parseSource(text, { unknownTags: "ignore" }))?.value

/** The library quotes the text that it failed on after a colon. That may be a password without quotes. */
const withoutSource = (message: string): string => message.replace(/: .*$/s, "")

/** The positions of duplicate keys. (The library's own check compares each key with every other.) */
const repeatedKeys = (document: Document.Parsed): ReadonlyArray<number> => {
  const found: Array<number> = []
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<string>()
      for (const { key } of map.items) {
        if (!isScalar(key)) continue
        if (seen.has(String(key.value))) found.push(startOf(key) ?? 0)
        seen.add(String(key.value))
      }
    }
  })
  return found
}

/** The position of the first alias without an anchor. */
const unresolved = (document: Document.Parsed): number | null => {
  let found: number | null = null
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return undefined
      found = startOf(alias) ?? 0
      return visit.BREAK
    }
  })
  return found
}

/** An invalid line also breaks the ones below it, so only the first problem of a line is useful. */
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
    // A value is identified by its own position; everything on the path to it by its key.
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
  // Of duplicate keys the last one counts.
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
