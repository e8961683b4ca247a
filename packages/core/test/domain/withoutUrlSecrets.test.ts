import { assert, describe, it } from "@effect/vitest"
import { withoutUrlSecrets } from "../../src/domain/withoutUrlSecrets.ts"

/** Verifies: LAW-12 */
describe("withoutUrlSecrets", () => {
  it.each([
    ["https://user:pass@example.org/a", "https://example.org/a"],
    ["https://token@example.org", "https://example.org"],
    ["https://us@r:p@ss@example.org/a@b", "https://example.org/a@b"],
    ["https://example.org/a?token=x&y=z#frag", "https://example.org/a"],
    ["https://example.org?token=x", "https://example.org"],
    [
      "unable to access 'https://u:p@example.org/r.git?t=1': refused",
      "unable to access 'https://example.org/r.git': refused"
    ],
    ["http://a:b@h/1 and ssh://git:s@h:22/2", "http://h/1 and ssh://h:22/2"],
    ["PostgreSQL at postgres://u:p@db:5432/x?sslpassword=y", "PostgreSQL at postgres://db:5432/x"],
    ["no address: a@b, what? #1", "no address: a@b, what? #1"]
  ])("makes %s to %s", (text, expected) => {
    assert.strictEqual(withoutUrlSecrets(text), expected)
  })
})
