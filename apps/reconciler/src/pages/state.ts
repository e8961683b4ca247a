/** How an app's state looks: a word, and how much attention it needs. Pure. */
import type { Phase } from "@lastgood/core/domain/State"
import { type Html, html } from "./html.ts"

export type Tone = "good" | "bad" | "warn" | "busy" | "idle"

const tones: Readonly<Record<Phase, Tone>> = {
  running: "good",
  unhealthy: "bad",
  "data-missing": "bad",
  drifted: "warn",
  unknown: "warn",
  stopped: "idle",
  upgrading: "busy",
  trying: "busy",
  "rolling-back": "busy",
  snapshotting: "busy",
  stopping: "busy",
  deploying: "busy"
}

export const toneOf = (phase: Phase): Tone => tones[phase]

export const badge = (tone: Tone, text: string): Html => html`<span class="state ${tone}">${text}</span>`

export const stateOf = (phase: Phase): Html => badge(toneOf(phase), phase.replaceAll("-", " "))

const outcomes: Readonly<Record<string, readonly [Tone, string]>> = {
  committed: ["good", "committed"],
  done: ["good", "done"],
  recovered: ["warn", "rolled back, recovered"],
  unhealthy: ["bad", "rolled back, not healthy"],
  "left-down": ["bad", "left down"],
  refused: ["warn", "refused"],
  failed: ["bad", "failed"],
  unknown: ["warn", "abandoned"]
}

/** @param outcome of an attempt; null: it is in flight. */
export const outcomeOf = (outcome: string | null): Html => {
  if (outcome === null) return badge("busy", "in progress")
  const [tone, text] = outcomes[outcome] ?? (["idle", outcome] as const)
  return badge(tone, text)
}
