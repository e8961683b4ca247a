/**
 * What an operator does next, as data. Decisions and refusals carry it. It becomes text in a report, an alert, an event or
 * an error, all of which know the app. In core, only this file contains the syntax of the CLI.
 */

import { hostName } from "./hostName.ts"

/** A command of lastgood. The app's name is added when it becomes text. */
export type Do =
  | { readonly do: "Deploy"; readonly to?: string | null; readonly withoutData?: boolean }
  | { readonly do: "Upgrade"; readonly to?: string; readonly acceptNotes?: boolean }
  | {
      readonly do: "Promote"
      readonly version?: string | null
      readonly withoutData?: boolean
      readonly atTeardown?: true
    }
  | { readonly do: "Restore"; readonly snapshot?: string }
  | { readonly do: "Remove"; readonly data?: true }
  | { readonly do: "Retry"; readonly version?: string }
  | { readonly do: "Approve"; readonly version: string; readonly withdraw?: true }
  | { readonly do: "Hold" }
  /** null: all alerts of the app. */
  | { readonly do: "Acknowledge"; readonly alert: string | null }
  /** `host`: closes the breaker of the host. */
  | { readonly do: "Release"; readonly host?: true }
  | {
      readonly do:
        | "Alerts"
        | "Doctor"
        | "Forget"
        | "Log"
        | "Plan"
        | "Rollback"
        | "Snapshot"
        | "Snapshots"
        | "Start"
        | "Stop"
        | "Try"
    }
  | { readonly do: "PruneSnapshots"; readonly snapshots: ReadonlyArray<string> }
  /** Of the attempts that set it aside. */
  | { readonly do: "PruneAside"; readonly attempts: ReadonlyArray<string> }
  | { readonly do: "Prune" }
  | { readonly do: "Rename"; readonly to: string }
  | { readonly do: "Status"; readonly offline: boolean }
  | { readonly do: "Dashboard" }
  /** Commands that do not take an app. */
  | { readonly do: "Export" | "Init" | "Reconcile" | "Verify" }

/** A command, or text with commands in it. Plain text contains no command of lastgood, or comes from an event. */
export type Next = string | Do | ReadonlyArray<string | Do>

/** Placeholder for a version that only the operator knows. */
export const runningVersion = "<the version that runs>"

const isParts = (next: Next): next is ReadonlyArray<string | Do> => Array.isArray(next)

/** Text with commands in it: ``advise`read the app's logs, then ${{ do: "Rollback" }}` ``. */
export const advise = (words: TemplateStringsArray, ...nexts: ReadonlyArray<Next | number>): Next =>
  words.flatMap((word, i) => {
    const next = nexts[i] ?? ""
    if (typeof next === "number") return [word, String(next)]
    return [word, ...(isParts(next) ? next : [next])]
  })

/** Placeholder for the app's name in the texts of older logs. */
const placeholder = "<app>"

/** A text of an event, with the name of its app. */
export const forApp = (app: string, text: string): string => text.replaceAll(placeholder, app)

const flag = (name: string, value: string | null | undefined): ReadonlyArray<string> =>
  value === undefined || value === null ? [] : [name, value]

/** @param app the argument that names the app; empty: none. */
const argumentsOf = (app: ReadonlyArray<string>, command: Do): ReadonlyArray<string> => {
  switch (command.do) {
    case "Deploy":
      return [...app, ...flag("--to", command.to), ...(command.withoutData === true ? ["--without-data"] : [])]
    case "Upgrade":
      return [...app, ...flag("--to", command.to), ...(command.acceptNotes === true ? ["--accept-notes"] : [])]
    case "Promote":
      return [
        ...app,
        ...flag("--version", command.version),
        ...(command.withoutData === true ? ["--without-data"] : []),
        ...(command.atTeardown === true ? ["--at-teardown"] : [])
      ]
    case "Restore":
      return [...app, ...flag("--snapshot", command.snapshot)]
    case "Remove":
      return [...app, ...(command.data === true ? ["--data"] : [])]
    case "Approve":
      return [...app, command.version, ...(command.withdraw === true ? ["--withdraw"] : [])]
    case "Hold":
      return [...app, "--reason", '"…"']
    case "Acknowledge":
      return [...app, command.alert ?? "--all"]
    case "Release":
      return command.host === true ? [hostName] : app
    case "Retry":
      return command.version === undefined ? app : [...app, command.version]
    case "Alerts":
    case "Doctor":
    case "Forget":
    case "Log":
    case "Plan":
    case "Rollback":
    case "Snapshot":
    case "Snapshots":
    case "Start":
    case "Stop":
    case "Try":
      return app
    case "PruneSnapshots":
      return [...app, ...command.snapshots]
    case "PruneAside":
      return [...app, ...command.attempts]
    case "Prune":
      return [...app, "--dry-run"]
    case "Rename":
      return [...app, command.to]
    case "Status":
      return command.offline ? ["--offline"] : []
    case "Dashboard":
      return []
    case "Reconcile":
      return ["--once"]
    case "Export":
    case "Init":
    case "Verify":
      return []
  }
}

/** Commands of a group. */
const names: Readonly<Partial<Record<Do["do"], string>>> = {
  Acknowledge: "alerts ack",
  PruneSnapshots: "snapshots rm",
  PruneAside: "aside rm"
}

/** @param app null: the text is not about one app, or the app is not known here. */
export const nextText = (app: string | null, next: Next): string => {
  if (isParts(next)) return next.map((part) => nextText(app, part)).join("")
  if (typeof next === "string") return app === null ? next : forApp(app, next)
  return ["lastgood", names[next.do] ?? next.do.toLowerCase(), ...argumentsOf(app === null ? [] : [app], next)].join(
    " "
  )
}
