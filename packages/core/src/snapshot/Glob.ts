/**
 * Matches globs in time proportional to the pattern times the path, whatever both are. Names come from a volume's
 * users, and a regular expression for `*a*a*a*b` takes hours for some of them (seen).
 *
 * `*` any part of a name, `?` one character, `[a-z]` and `[!a-z]` one of these or none of them, `{a,b}` either, `**`
 * any number of folders, `\` takes the next character literally. A leading dot and a newline are ordinary characters.
 */

/** A matcher for one character of a name; `*` matches any number. */
type Token = "*" | ((character: string) => boolean)
type Segment = "**" | ReadonlyArray<Token>

/** The number of alternatives doubles with each `{a,b}`. Beyond this many, braces are literal. */
const mostAlternatives = 1000

/** Whether one of the globs matches. */
export const matcher = (globs: ReadonlyArray<string>): ((path: string) => boolean) => {
  const patterns = globs.flatMap((glob) => alternatives(glob).map((one) => one.split("/").map(segmentOf)))
  return (path) => {
    const names = path.split("/")
    return patterns.some((pattern) => matchPath(pattern, names))
  }
}

const segmentOf = (text: string): Segment => (text === "**" ? "**" : tokensOf(text))

const tokensOf = (text: string): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  for (let i = 0; i < text.length; i++) {
    const at = text.charAt(i)
    // The first character of a class is literal, even `]`.
    const close = at === "[" ? text.indexOf("]", i + (/[!^]/.test(text.charAt(i + 1)) ? 3 : 2)) : -1
    if (at === "*") {
      if (tokens.at(-1) !== "*") tokens.push("*")
    } else if (at === "?") {
      tokens.push(() => true)
    } else if (close !== -1) {
      tokens.push(classOf(text.slice(i + 1, close)))
      i = close
    } else {
      const literal = at === "\\" && i + 1 < text.length ? text.charAt(++i) : at
      tokens.push((character) => character === literal)
    }
  }
  return tokens
}

/** The content between `[` and `]`. */
const classOf = (text: string): ((character: string) => boolean) => {
  const negated = /^[!^]/.test(text)
  const ranges: Array<readonly [string, string]> = []
  for (let i = negated ? 1 : 0; i < text.length; i++) {
    const first = text.charAt(i)
    const isRange = text.charAt(i + 1) === "-" && i + 2 < text.length
    ranges.push([first, isRange ? text.charAt(i + 2) : first])
    if (isRange) i += 2
  }
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== negated
}

/** Only the last `*` needs backtracking: a later one can take whatever an earlier one left. */
const matchName = (tokens: ReadonlyArray<Token>, name: string): boolean => {
  let t = 0
  let n = 0
  let star = -1
  let from = 0
  while (n < name.length) {
    const token = tokens[t]
    if (token === "*") {
      star = t++
      from = n
    } else if (token?.(name.charAt(n)) === true) {
      t++
      n++
    } else if (star !== -1) {
      t = star + 1
      n = ++from
    } else {
      return false
    }
  }
  while (tokens[t] === "*") t++
  return t === tokens.length
}

/** `reached[i]`: the pattern's first `i` segments match the names so far. */
const matchPath = (pattern: ReadonlyArray<Segment>, names: ReadonlyArray<string>): boolean => {
  const skip = (reached: Array<boolean>) => {
    for (const [i, segment] of pattern.entries()) {
      if (reached[i] === true && segment === "**") reached[i + 1] = true
    }
    return reached
  }
  let reached = skip([true])
  for (const name of names) {
    const next: Array<boolean> = []
    for (const [i, segment] of pattern.entries()) {
      if (reached[i] !== true) continue
      if (segment === "**") next[i] = true
      else if (matchName(segment, name)) next[i + 1] = true
    }
    reached = skip(next)
  }
  return reached[pattern.length] === true
}

/** Expands `a{b,c{d,e}}` to `ab`, `acd`, `ace`. Braces without a partner or a comma are literal. */
const alternatives = (glob: string): ReadonlyArray<string> => {
  let open: ReadonlyArray<string> = [glob]
  const done: Array<string> = []
  while (open.length > 0) {
    if (open.length + done.length > mostAlternatives) return [glob]
    const next: Array<string> = []
    for (const text of open) {
      const parts = firstBraces(text)
      if (parts === null) done.push(text)
      else next.push(...parts.middle.map((middle) => `${parts.before}${middle}${parts.after}`))
    }
    open = next
  }
  return done
}

/** The first innermost pair of braces with a comma. */
const firstBraces = (text: string) => {
  const found = /\{([^{}]*,[^{}]*)\}/.exec(text)
  if (found === null) return null
  const after = text.slice(found.index + found[0].length)
  return { before: text.slice(0, found.index), middle: (found[1] ?? "").split(","), after }
}
