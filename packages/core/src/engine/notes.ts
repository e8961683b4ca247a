/**
 * The gate of release notes. The target of an upgrade depends on the notes of the versions on the way, and lastgood knows
 * these only once the newer version is checked out. A note that asks for manual work leaves the versions before it, whose
 * notes are then read in the same way.
 */
import * as Effect from "effect/Effect"
import type { EffectiveApp } from "../domain/App.ts"
import type { UpgradeCommand } from "../domain/Decision.ts"
import { selectTarget, type UpgradeQuestion } from "../domain/policy/select.ts"
import type { AppState } from "../domain/State.ts"
import { heldBy, type ReleaseNote } from "../recipe/ReleaseNote.ts"
import { readNotes } from "../recipe/readNotes.ts"
import { VersionSource } from "../version/VersionSource.ts"

type Question = Omit<UpgradeQuestion, "note">
type Note = UpgradeCommand["note"]

export const notedTarget = Effect.fn("Engine.notedTarget")(function* (
  app: EffectiveApp,
  state: AppState,
  question: Question,
  accepted: boolean
) {
  const versions = yield* VersionSource
  const running = state.running?.version ?? null
  const selected = (note: Note) => {
    const selection = running === null ? null : selectTarget(state, running, { ...question, note })
    return selection?._tag === "Target" ? selection.target : null
  }
  const target = selected(null)
  if (target === null || running === null || app.releaseNotes === "ignore") {
    return { target, note: null, acceptedNotes: [], releaseNotes: [] }
  }
  const notesOf = (ref: typeof target) =>
    Effect.flatMap(versions.preview(app, ref, app.envFile), (release) => readNotes(release, running))

  // The notes that are shown are those of the wanted version, even if the upgrade goes to an older one for now.
  const releaseNotes: ReadonlyArray<ReleaseNote> = yield* notesOf(target)
  const asking = releaseNotes.filter(({ asks }) => asks !== null).map(({ version }) => version)
  if (accepted || app.releaseNotes === "show") {
    return { target, note: null, acceptedNotes: accepted ? asking : [], releaseNotes }
  }
  let note: Note = heldBy(releaseNotes, target.version)
  let next = note === null ? target : selected(note)
  while (note !== null && next !== null) {
    const again = heldBy(yield* notesOf(next), next.version)
    if (again === null) break
    // Each version is older than the one before, so the loop ends.
    note = again
    next = selected(note)
  }
  return { target: next, note, acceptedNotes: [], releaseNotes }
})
