import { assert, describe, it } from "@effect/vitest"
import { makeTail } from "../../src/command/tail.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const secret = "correct-horse-battery"

describe("the end of a command's output", () => {
  /** Verifies: LAW-12 */
  it("contains no secret that arrived in two pieces, whatever the other stream printed in between", () => {
    const tail = makeTail()
    tail.add("stdout", bytes("it is correct-ho"))
    tail.add("stderr", bytes("a warning\n"))
    tail.add("stdout", bytes("rse-battery\n"))
    assert.strictEqual(tail.told([secret]), "a warning\nit is ***")
  })

  /** Verifies: LAW-12 */
  it("is cut after redaction, because half a secret could not be recognized", () => {
    for (let cut = 1; cut < secret.length; cut++) {
      const tail = makeTail()
      tail.add("stdout", bytes(`first ${secret}${"x".repeat(2000 - cut)}`))
      assert.match(tail.told([secret]), /^[first ]*\**x+$/, String(cut))
    }
  })
})
