/** The log of an app ends, or goes on under another name. Pure. */
import * as HashMap from "effect/HashMap"
import type { DataOf, Event } from "../Event.ts"
import { advise, nextText } from "../Next.ts"
import { afterRemoval } from "../removedData.ts"
import { type AppState, initialStateOf } from "../State.ts"

/** The state after the last event of a log: nothing that was folded before counts. null: the log goes on. */
export const endedBy = (app: string, event: Event): AppState | null => {
  if (event.type === "AppForgotten") return initialStateOf(app)
  if (event.type !== "AppRenamed") return null
  const { by, to } = event.data
  const next = nextText(app, advise`finish it: ${{ do: "Rename", to }}`)
  return {
    ...initialStateOf(app),
    renamed: { to },
    down: { reason: `it was renamed to ${to} by ${by}`, next, asked: true }
  }
}

/** The command that brings it back names it. */
const downAs = (app: string, state: AppState): AppState["down"] => {
  const { down } = state
  if (down === null || !down.asked) return down
  if (down.removed !== undefined) return { ...down, next: nextText(app, afterRemoval(state)) }
  return { ...down, next: nextText(app, { do: down.stopped === undefined ? "Deploy" : "Start" }) }
}

/** The commands in a text, which name the app first. A name has no character that a pattern would read, but the dot. */
const commandsFor = (to: string, from: string, text: string): string =>
  text.replace(
    new RegExp(`(\\blastgood (?:[a-z]+ )?[a-z]+ )${from.replaceAll(".", "\\.")}(?![a-z0-9_-]|\\.[a-z0-9])`, "gu"),
    `$1${to}`
  )

/** @param state of the former name before it was renamed. */
export const continuedAs = (state: AppState, { app, folders, from, version }: DataOf<"AppContinued">): AppState => {
  const moved = (path: string) =>
    path.startsWith(`${folders.from}/`) ? folders.to + path.slice(folders.from.length) : path
  return {
    ...state,
    app,
    formerNames: [...(state.formerNames ?? []), from],
    down: downAs(app, state),
    aside: state.aside.map((one) => ({
      ...one,
      volumes: one.volumes.map((volume) => ({ ...volume, path: moved(volume.path) }))
    })),
    // The versions of the new stream begin at 1 again, and order alerts.
    alerts: HashMap.map(state.alerts, (one) => ({
      ...one,
      order: one.order - version,
      next: commandsFor(app, from, one.next)
    }))
  }
}
