/** Text of generated pages. Pure. */

/** A cell of a table: one line, without what would end it. */
export const cell = (text: string): string =>
  text
    .replaceAll(/\s+/g, " ")
    .trim()
    .replaceAll("|", "\\|")
    .split("`")
    .map((part, i) => (i % 2 === 0 ? part.replaceAll("<", "&lt;") : part))
    .join("`")

/** Code in a cell. */
export const code = (text: string): string => `\`${text.replaceAll("|", "\\|")}\``

export const table = (heads: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")

export const page = (...parts: ReadonlyArray<string>): string => `${parts.filter((part) => part !== "").join("\n\n")}\n`

/** At the top of a page. */
export const generated = (from: string): string =>
  `<!-- Made by npm run docs:reference from ${from}. Do not edit it. -->`
