import { assert, describe, it } from "@effect/vitest"
import { emptyHead, genesis, hashOf, type StoredEvent, verifyChain } from "../../src/log/HashChain.ts"

const event: Omit<StoredEvent, "hash"> = {
  prev: genesis,
  position: 1,
  stream: "app/keycloak",
  version: 1,
  id: "0193a0c4-7a2e-7cc1-9f6e-0c5b8d1f2a10",
  type: "StepDone",
  v: 1,
  at: "2026-11-22T03:00:00.000Z",
  actor: "cli:żółw",
  attempt: "0193a0c4-7a2e-7cc1-9f6e-0c5b8d1f2a11",
  text: '{"step":"prefetch"}'
}

/** Verifies: LAW-6 */
describe("HashChain", () => {
  // Made without this code: printf '%s' '["lastgood/1","000…","…"]' | sha256sum. It never changes.
  it("hashes the golden event to its recorded hash", () => {
    assert.strictEqual(hashOf(event), "ed4a34d6eed52d1bef3da1b4aa547b6764cb53271175450e53e8859bfb3caccc")
  })

  it("gives another hash if any field changes", () => {
    const changes: ReadonlyArray<Partial<StoredEvent>> = [
      { prev: "1".repeat(64) },
      { position: 2 },
      { stream: "app/keycloa" },
      { version: 2 },
      { id: "0193a0c4-7a2e-7cc1-9f6e-0c5b8d1f2a12" },
      { type: "StepDon" },
      { v: 2 },
      { at: "2026-11-22T03:00:00.001Z" },
      { actor: "" },
      { attempt: null },
      { attempt: "null" },
      { text: '{"step": "prefetch"}' }
    ]
    const hashes = new Set([event, ...changes.map((change) => ({ ...event, ...change }))].map(hashOf))
    assert.strictEqual(hashes.size, changes.length + 1)
  })

  it("separates the end of a field from the beginning of the next", () => {
    assert.notStrictEqual(hashOf({ ...event, type: "ab", actor: "c" }), hashOf({ ...event, type: "a", actor: "bc" }))
    assert.notStrictEqual(hashOf({ ...event, id: 'a","b', type: "c" }), hashOf({ ...event, id: "a", type: 'b","c' }))
  })

  it("reports one problem for one damaged event, not one for each later event", () => {
    const events: Array<StoredEvent> = []
    for (let position = 1; position <= 5; position++) {
      const linked = { ...event, position, version: position, prev: events.at(-1)?.hash ?? genesis }
      events.push({ ...linked, hash: hashOf(linked) })
    }
    const { head, problems } = verifyChain(events.map((e) => (e.position === 2 ? { ...e, actor: "nobody" } : e)))
    assert.strictEqual(problems.length, 1)
    assert.match(problems[0] ?? "", /position 2 was changed/)
    assert.strictEqual(head.position, 5)
  })

  it("finds a gap in a stream's versions", () => {
    const first = { ...event, hash: hashOf(event) }
    const second = { ...event, id: "b", position: 2, version: 3, prev: first.hash }
    const { problems } = verifyChain([first, { ...second, hash: hashOf(second) }])
    assert.deepStrictEqual(problems, ["the event at position 2 is version 3 of app/keycloak, expected 2"])
  })

  it("checks an expected head against an empty log", () => {
    assert.deepStrictEqual(verifyChain([], emptyHead).problems, [])
    assert.lengthOf(verifyChain([], { position: 0, hash: "f".repeat(64) }).problems, 1)
    assert.lengthOf(verifyChain([], { position: 1, hash: "f".repeat(64) }).problems, 1)
  })
})
