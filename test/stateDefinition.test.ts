/** A saved state is not used after a change of the code that folds: the definition changes with that code. */
import { assert, describe, it } from "@effect/vitest"
import { computeStateDefinition, statedDefinition } from "../build/stateDefinition.ts"

const replaced = (file: string, from: string | RegExp, to: string) =>
  computeStateDefinition((code, path) => {
    if (!path.endsWith(file)) return code
    const changed = code.replace(from, to)
    assert.notStrictEqual(changed, code, `${file} contains ${from}`)
    return changed
  })

/** Verifies: LAW-6 */
describe("the definition of saved states", () => {
  it("is up to date: otherwise run `npm run state:definition`", async () => {
    assert.strictEqual(statedDefinition(), await computeStateDefinition())
  })

  it("changes with the fold, the schema of an event, an upcaster and the saved form", async () => {
    const now = await computeStateDefinition()
    const changed = await Promise.all([
      replaced("domain/evolve.ts", "drift: null", "drift: state.drift"),
      replaced("domain/folding/outcomes.ts", "const rollbacksKept = 10", "const rollbacksKept = 11"),
      replaced("domain/events/alerts.ts", "downtime: Schema.optionalKey(Downtime)", "downtime: Downtime"),
      replaced("log/Upcast.ts", "subject: subjectOf(data.outcome)", "subject: data.outcome"),
      replaced("engine/savedState.ts", "alerts: alertsOf(state)", "alerts: []")
    ])
    for (const other of changed) assert.notStrictEqual(other, now)
  })

  it("does not change with a comment or a type", async () => {
    const now = await computeStateDefinition()
    assert.strictEqual(await replaced("domain/evolve.ts", "/**", "/** More. */\n/**"), now)
    assert.strictEqual(
      await replaced("domain/State.ts", "readonly deployed: boolean", "readonly deployed: unknown"),
      now
    )
  })
})
