import { assert, describe, it } from "@effect/vitest"
import { blocksOf } from "./Page.ts"
import { notPrinted } from "./printed.ts"

const page = `# Title

\`\`\`sh
lastgood upgrade wiki   # exits with 3
\`\`\`

Words.

\`\`\`
rolled back
\`\`\`

## Later

\`\`\`yaml
apps: {}
\`\`\`

\`\`\`sh
true
\`\`\`
`

describe("the blocks of a page", () => {
  it("are its commands, with what they print and end with", () => {
    assert.deepStrictEqual(blocksOf(page), [
      {
        heading: "Title",
        line: 4,
        commands: "lastgood upgrade wiki   # exits with 3",
        code: 3,
        printed: "rolled back"
      },
      { heading: "Later", line: 20, commands: "true", code: 0, printed: null }
    ])
  })
})

describe("what a command printed", () => {
  const output = "began\nwiki  running  20261130T073518Z-474ede28\n\nin 12 ms at 2026-11-30 07:35:18Z\nended: a reason"

  it("matches the page but for times, ids, sizes and columns", () => {
    assert.isNull(notPrinted("wiki running 20270101T000000Z-00000000\nin 1.5 s at 2027-01-01 00:00:00+01:00", output))
    assert.isNull(notPrinted("began\n…\nended: …", output))
  })

  it("does not match if a line is missing, differs, or comes in another order", () => {
    assert.strictEqual(notPrinted("began\nended: a reason", output), "began\nended: a reason")
    assert.strictEqual(
      notPrinted("wiki  stopped  20261130T073518Z-474ede28", output),
      "wiki  stopped  20261130T073518Z-474ede28"
    )
    assert.strictEqual(notPrinted("ended: …\n…\nbegan", output), "began")
  })
})
