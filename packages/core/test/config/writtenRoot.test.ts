import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { writtenRoot } from "../../src/config/writtenRoot.ts"
import { parseSource } from "../../src/yaml/Source.ts"

const app = "apps:\n  a: { recipe: ./a, runtime: local }\n"

/** As the whole text says; null: it has none. */
const parsed = (text: string): unknown => {
  const source = parseSource(text)
  assert.isTrue(Result.isSuccess(source), text)
  const value: unknown = Result.getOrThrow(source).value
  return typeof value === "object" && value !== null && "root" in value ? value.root : null
}

const plain = [
  `root: /srv/lastgood\n${app}`,
  `# root: /old\n${app}root:   ./data   # not /old\n`,
  `root: ~/lastgood\r\n${app}`,
  `${app}  root:\n    recipe: ./root\n    runtime: local\n`,
  `${app}notify: [ntfy://ntfy.sh/a]\n`,
  `digest: "08:00"\nroot: /srv/a.b-c_d\n${app}`
]

const others = [
  `"root": /srv/lastgood\n${app}`,
  `root: "/srv/lastgood"\n${app}`,
  `root: '/srv/lastgood'\n${app}`,
  `root: /srv/last good\n${app}`,
  `root: &x /srv/lastgood\n${app}`,
  `root: |\n  /srv/lastgood\n${app}`,
  `root: >-\n  /srv/lastgood\n${app}`,
  `root:\n  /srv/lastgood\n${app}`,
  `root:\n${app}`,
  `root: /srv\n  /lastgood\n${app}`,
  `root: /a\nroot: /b\n${app}`,
  `<<: { root: /srv/lastgood }\n${app}`,
  `? root\n: /srv/lastgood\n${app}`,
  `{ root: /srv/lastgood, apps: {} }\n`,
  `---\nroot: /srv/lastgood\n${app}`,
  `!!map\nroot: /srv/lastgood\n${app}`,
  `&all\nroot: /srv/lastgood\n${app}`
]

describe("the root of a configuration that is not read", () => {
  it("is the one that reading gives, if it is written plainly or not at all", () => {
    for (const text of plain) assert.strictEqual(writtenRoot(text), parsed(text), text)
  })

  it("is unknown if it may be written in another way", () => {
    for (const text of others) assert.isUndefined(writtenRoot(text), text)
  })
})
