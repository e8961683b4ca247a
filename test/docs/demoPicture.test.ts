/** The picture of the demo: what differs between two runs is not in it, and it is legible in light and dark. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { excerptOf, pictureOf } from "./demoPicture.ts"

interface Run {
  readonly port: number
  readonly folder: string
  readonly second: string
  readonly took: string
  readonly id: string
}

/** What the demo prints, shortened: each kind of line once, and lines that are not to be shown. */
const printed = ({ folder, id, port, second, took }: Run): string => `A guestbook, kept up to date by lastgood.
    in ${folder}: recipe/
1. First install
    ✓ not shown
4. The bad night: it answers 500
  $ curl --data "Grace & Ada <3" http://127.0.0.1:${port}/entries
  $ lastgood upgrade guestbook --to 1.3.0+1.3.0
    health gate failed after ${took}: http://127.0.0.1:${port}/health: 500 (${port % 30} of ${port % 30} checks failed)
    ✓ it is rolled back with its data
    set aside: ${folder}/root/guestbook/aside
    next: 1.1.0+1.1.0 is running and healthy
6. What is left
  $ lastgood status
    ✓ not shown either
  $ lastgood log guestbook
    03:00:${second}  StepStarted  prefetch
    03:00:${second}  Undeployed  nothing can write, after ${took}
    03:00:${second}  SnapshotTaken  ${id} of 1.1.0+1.1.0: 1 volume, in ${took}
    03:00:${second}  HealthFailed  ${`1.3.0: health gate failed after ${took}: ${"word ".repeat(30)}`.slice(0, 90)}…
  $ lastgood verify
    ✓ 2 snapshots are whole
7. Stopping it
    ✓ nothing answers any more
`

const one: Run = { port: 41467, folder: "/tmp/a", second: "04", took: "525 ms", id: "20261129T090403Z-87e9dbd3" }
const other: Run = { port: 33333, folder: "/tmp/b", second: "59", took: "1.2 s", id: "20270101T000000Z-00000000" }

describe("the excerpt", () => {
  it("is the same for two runs of the same demo", () => {
    assert.deepStrictEqual(excerptOf(printed(one)), excerptOf(printed(other)))
  })

  it("contains the chapters, commands, proofs and events of the story, and nothing else", () => {
    const texts = excerptOf(printed(one)).map(({ text }) => text)
    assert.deepStrictEqual(texts.slice(0, -2), [
      "lastgood demo",
      "4. The bad night: it answers 500",
      '$ curl --data "Grace & Ada <3" http://127.0.0.1:8080/entries',
      "$ lastgood upgrade guestbook --to 1.3.0+1.3.0",
      "health gate failed: http://127.0.0.1:8080/health: 500",
      "✓ it is rolled back with its data",
      "next: 1.1.0+1.1.0 is running and healthy",
      "6. What is left",
      "$ lastgood log guestbook",
      "Undeployed        nothing can write",
      "SnapshotTaken     of 1.1.0+1.1.0: 1 volume",
      "HealthFailed      1.3.0: health gate failed: word word word word word word word …"
    ])
  })

  it("fails if it does not recognize the demo's output", () => {
    assert.throws(() => excerptOf("Something else."), /chapter, command, reason, proof, event, note/)
  })
})

describe("the picture", () => {
  const picture = pictureOf(excerptOf(printed(one)))

  it("escapes text", () => {
    assert.include(picture, "Grace &amp; Ada &lt;3")
    assert.notMatch(picture, /<script|href=/)
  })

  it("has no line wider than the terminal", () => {
    const width = Number(/viewBox="0 0 (\d+) /.exec(picture)?.[1])
    const ends = [...picture.matchAll(/<text x="([\d.]+)" y="[\d.]+" textLength="([\d.]+)"/g)].map(
      ([, x, length]) => Number(x) + Number(length)
    )
    assert.isAbove(ends.length, 10)
    for (const end of ends) assert.isAtMost(end, width)
  })

  it("in docs/demo.svg has colours for light and dark", () => {
    const kept = readFileSync(join(import.meta.dirname, "../../docs/demo.svg"), "utf8")
    assert.match(kept, /^<svg [\s\S]*prefers-color-scheme: dark[\s\S]*<\/svg>\n$/)
    assert.strictEqual(
      kept.split("<style>")[1]?.split("</style>")[0],
      picture.split("<style>")[1]?.split("</style>")[0]
    )
  })
})
