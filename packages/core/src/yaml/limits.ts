/**
 * Limits of a YAML text. For some small texts the library takes quadratic time, or recurses without end. So their
 * tokens are counted first, in one pass that does neither. Pure.
 */
import * as Result from "effect/Result"
import { type CST, Lexer, type LineCounter, Parser } from "yaml"

const tokensAtMost = 1_000_000
const aliasesAtMost = 500
const depthAtMost = 64
/** The parser's stack has up to two entries per level. */
const stackAtMost = 2 * depthAtMost

export interface Excess {
  readonly offset: number
  /** The message. */
  readonly what: string
}

/**
 * @param lines is filled for the part of the text that was read.
 * @returns what the text consists of, or the first excess.
 */
export const tokensIn = (text: string, lines: LineCounter): Result.Result<ReadonlyArray<CST.Token>, Excess> => {
  const found: Array<CST.Token> = []
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  let [tokens, aliases] = [0, 0]
  for (const token of new Lexer().lex(text)) {
    for (const one of parser.next(token)) found.push(one)
    tokens++
    // Only this kind of token starts with a `*`: a scalar follows a separate mark.
    if (token.startsWith("*")) aliases++
    const what =
      parser.stack.length > stackAtMost
        ? `it is nested more than ${depthAtMost} levels deep`
        : aliases > aliasesAtMost
          ? `it has more than ${aliasesAtMost} aliases (\`*name\`)`
          : tokens > tokensAtMost
            ? "it has more keys and values than a configuration could need"
            : null
    if (what !== null) return Result.fail({ offset: parser.offset, what })
  }
  for (const one of parser.end()) found.push(one)
  return Result.succeed(found)
}

/**
 * Whether a value is nested deeper than any configuration, or contains itself. Bounded, because aliases let one value
 * occur many times.
 */
export const isTooDeep = (value: unknown): boolean => {
  let level: ReadonlyArray<unknown> = [value]
  for (let depth = 0; depth <= depthAtMost; depth++) {
    // A value that occurs twice on a level is visited once.
    level = [...new Set(level.filter((one) => typeof one === "object" && one !== null))].flatMap((one) =>
      Object.values(one ?? {})
    )
    if (level.length === 0) return false
  }
  return true
}
