/** A page of the docs that tests run: its commands, and what it says that they print. Pure. */

export interface Block {
  /** The heading that it is under. */
  readonly heading: string
  /** Of the first command in the page, from 1. */
  readonly line: number
  readonly commands: string
  /** The exit code of the last command: `# exits with 3`. */
  readonly code: number
  /** What the page says that they print; null: nothing. */
  readonly printed: string | null
}

interface Fence {
  readonly heading: string
  readonly line: number
  /** What follows the opening fence; empty for what a command prints. */
  readonly language: string
  readonly text: string
}

const fencesOf = (page: string): ReadonlyArray<Fence> => {
  const fences: Array<Fence> = []
  let heading = ""
  let open: { readonly line: number; readonly language: string; readonly lines: Array<string> } | null = null
  for (const [index, line] of page.split("\n").entries()) {
    const fence = /^```(.*)$/.exec(line)
    if (open !== null && line === "```") {
      fences.push({ heading, line: open.line, language: open.language, text: open.lines.join("\n") })
      open = null
    } else if (open !== null) open.lines.push(line)
    else if (fence !== null) open = { line: index + 2, language: fence[1] ?? "", lines: [] }
    else heading = /^#+ (.+)$/.exec(line)?.[1] ?? heading
  }
  return fences
}

/** The blocks of commands (`sh`), each with the block without a language that follows it. */
export const blocksOf = (page: string): ReadonlyArray<Block> => {
  const fences = fencesOf(page)
  return fences.flatMap((fence, i): ReadonlyArray<Block> => {
    if (fence.language !== "sh") return []
    const next = fences[i + 1]
    return [
      {
        heading: fence.heading,
        line: fence.line,
        commands: fence.text,
        code: Number(/# exits with (\d+)/.exec(fence.text)?.[1] ?? 0),
        printed: next?.language === "" ? next.text : null
      }
    ]
  })
}

/** What a test writes at the top of a page that it runs. */
export const isRun = (page: string): boolean => page.startsWith("<!-- Run by test/e2e/docs")
