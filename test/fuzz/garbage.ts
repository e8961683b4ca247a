/** What others might write: made from a seed, so that a failure can be made again. */

/** mulberry32: numbers from 0 to 1, the same for the same seed. */
export const random = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const pick = <A>(next: () => number, from: ReadonlyArray<A>): A | undefined => from[Math.floor(next() * from.length)]

/** Texts that have been trouble somewhere: options, shell, paths, YAML, JSON, numbers, Unicode, control characters. */
export const nasty: ReadonlyArray<string> = [
  "",
  " ",
  "-rf",
  "--upload-pack=touch /tmp/pwned",
  "$(touch /tmp/pwned)",
  "`id`",
  ";reboot",
  "a\nb",
  "..",
  "../../etc/shadow",
  "/",
  "\0",
  "\u001b[2J",
  "\u202e",
  "\ud800",
  "ｗｅｂ",
  "WEB",
  "é",
  "x".repeat(5000),
  "__proto__",
  "constructor",
  "toString",
  "true",
  "null",
  "~",
  "NaN",
  "-0",
  "1e999",
  "0x10",
  "010",
  "9".repeat(400),
  "!!binary x",
  "&a",
  "*a",
  "<<: *a",
  "{",
  "}",
  "[",
  "]",
  ": ",
  "- ",
  "? ",
  "|",
  ">",
  "%",
  "@",
  "#",
  "'",
  '"',
  "\\",
  "\t",
  "\r",
  "\u2028",
  "${",
  `\${A:?}`,
  "$$",
  "((((a+)+)+)+)+$"
]

/** Texts that are nearly the given one: cut, doubled, overwritten, with something nasty in them. */
export const mutations = (text: string, count: number, seed: number): ReadonlyArray<string> => {
  const next = random(seed)
  const at = (length: number) => Math.floor(next() * (length + 1))
  return Array.from({ length: count }, () => {
    let mutated = text
    for (let edits = 1 + Math.floor(next() * 3); edits > 0; edits--) {
      const [from, to] = [at(mutated.length), at(mutated.length)].sort((a, b) => a - b) as [number, number]
      const piece =
        pick(next, [pick(next, nasty) ?? "", mutated.slice(from, to), "", String.fromCharCode(at(300))]) ?? ""
      mutated = mutated.slice(0, from) + piece + mutated.slice(pick(next, [from, to, from + 1]) ?? from)
    }
    return mutated
  })
}

/** JSON values of every kind, some of them hostile. */
export const values: ReadonlyArray<unknown> = [
  null,
  true,
  0,
  -1,
  1.5,
  Number.MAX_SAFE_INTEGER,
  "",
  "text",
  [],
  [[]],
  {},
  { constructor: 1 },
  JSON.parse('{"__proto__": {"polluted": true}}'),
  Array.from({ length: 1000 }, (_, i) => i),
  "x".repeat(100_000)
]

/** Every copy of a JSON document in which one value was replaced by another, or left out. */
export const replacements = (document: unknown): ReadonlyArray<unknown> => {
  if (typeof document !== "object" || document === null) return values
  const keys = Object.keys(document)
  return keys.flatMap((key) => {
    const inner: unknown = Reflect.get(document, key)
    const copies = replacements(inner).map((value) => withValue(document, key, value))
    const without = Array.isArray(document)
      ? document.filter((_, i) => String(i) !== key)
      : Object.fromEntries(Object.entries(document).filter(([name]) => name !== key))
    return [...copies, without]
  })
}

const withValue = (document: object, key: string, value: unknown): unknown =>
  Array.isArray(document)
    ? document.map((one, i) => (String(i) === key ? value : one))
    : Object.fromEntries(Object.entries(document).map(([name, one]) => [name, name === key ? value : one]))

/** YAML that is small and has kept parsers busy, or made them recurse without end. */
export const yamlBombs: ReadonlyArray<readonly [name: string, text: string]> = [
  [
    "a billion laughs",
    `a: &a [x,x,x,x,x,x,x,x,x]\n${[..."bcdefghi"].map((c, i) => `${c}: &${c} [${Array(9).fill(`*${"abcdefgh"[i]}`).join(",")}]`).join("\n")}\n`
  ],
  [
    "merges of merges",
    `a0: &a0 {x: 1}\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} {<<: [*a${i},*a${i},*a${i}], y${i}: 1}`).join("\n")}\n`
  ],
  ["an alias to itself", "a: &a [*a]\n"],
  ["an alias to its own map", "a: &a { b: *a, c: 1 }\n"],
  ["many aliases", `a: &a [x]\n${Array.from({ length: 20_000 }, (_, i) => `k${i}: *a\n`).join("")}`],
  ["many keys", Array.from({ length: 60_000 }, (_, i) => `k${i}: 1\n`).join("")],
  ["many keys in braces", `{${Array.from({ length: 60_000 }, (_, i) => `k${i}: 1`).join(", ")}}`],
  ["many keys with one name", "a: 1\n".repeat(60_000)],
  ["deep lists", "[".repeat(200_000)],
  ["deep maps", "{a: ".repeat(100_000)],
  ["deep dashes", "- ".repeat(200_000)],
  ["deep question marks", "? ".repeat(200_000)],
  ["deep indentation", Array.from({ length: 900 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")],
  ["colons", ":\n".repeat(200_000)],
  ["comments", "#\n".repeat(200_000)],
  ["tags", "!a ".repeat(100_000)],
  ["anchors", Array.from({ length: 20_000 }, (_, i) => `- &a${i} x\n`).join("")],
  ["documents", "---\n".repeat(100_000)],
  ["directives", "%a b\n".repeat(100_000)],
  ["garbage", "%&@`!\n".repeat(50_000)],
  ["a long text", `a: ${"x".repeat(900_000)}`],
  ["a long quoted text", `a: "${"\\x41".repeat(200_000)}"`],
  ["a block of blanks", `a: |\n${" \n".repeat(300_000)}`],
  ["carriage returns", `${"\r".repeat(500_000)}a: 1`],
  ["NUL", "\0".repeat(500_000)]
]
