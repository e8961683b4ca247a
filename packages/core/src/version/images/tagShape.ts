/** Tags by their numbers: `16.4-alpine` and `16.10-alpine` are of one shape, and the second comes later. Pure. */

interface Shape {
  /** The text around the numbers. */
  readonly words: ReadonlyArray<string>
  readonly numbers: ReadonlyArray<bigint>
}

const shapeOf = (tag: string): Shape => {
  const parts = tag.split(/(\d+)/)
  return {
    words: parts.filter((_, i) => i % 2 === 0),
    numbers: parts.filter((_, i) => i % 2 === 1).map(BigInt)
  }
}

const isLike = (a: Shape, b: Shape): boolean =>
  a.words.length === b.words.length && a.words.every((word, i) => word === b.words[i])

/** By their numbers from the left; the text decides between `1.0` and `1.00`. */
export const compareTags = (a: string, b: string): number => {
  const [x, y] = [shapeOf(a).numbers, shapeOf(b).numbers]
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const [m = -1n, n = -1n] = [x[i], y[i]]
    if (m !== n) return m < n ? -1 : 1
  }
  return a < b ? -1 : a > b ? 1 : 0
}

/** For a tag without a number (`latest`): three numbers, otherwise two, otherwise one. */
const usual = [/^v?\d+\.\d+\.\d+$/, /^v?\d+\.\d+$/, /^v?\d+$/]

/** The tags that differ from the present one in their numbers only, in ascending order. */
export const tagsLike = (present: string | null, tags: ReadonlyArray<string>): ReadonlyArray<string> => {
  const shape = shapeOf(present ?? "")
  const alike =
    shape.numbers.length > 0
      ? tags.filter((tag) => isLike(shapeOf(tag), shape))
      : (usual.map((pattern) => tags.filter((tag) => pattern.test(tag))).find((found) => found.length > 0) ?? [])
  return alike.toSorted(compareTags)
}

/** On a mismatch, the last `*` takes one character more. A regular expression with many stars could run forever. */
const matches = (glob: string, tag: string): boolean => {
  let at = 0
  let next = 0
  let star = -1
  let taken = 0
  while (at < tag.length) {
    if (glob[next] === "*") {
      star = next
      taken = at
      next += 1
    } else if (glob[next] === "?" || glob[next] === tag[at]) {
      at += 1
      next += 1
    } else if (star === -1) return false
    else {
      taken += 1
      at = taken
      next = star + 1
    }
  }
  return [...glob.slice(next)].every((character) => character === "*")
}

/** `*` is any text, `?` any character. In ascending order of their numbers. */
export const tagsMatching = (glob: string, tags: ReadonlyArray<string>): ReadonlyArray<string> =>
  tags.filter((tag) => matches(glob, tag)).toSorted(compareTags)
