/**
 * What an operator is to do next, as data. Decisions and refusals carry it; it becomes text where it leaves them: in a
 * report, an alert, an event or an error, all of which know the app. In core, only this file has the words of the CLI.
 */

/** A command of lastgood. Which app it is about is said where it becomes text. */
export type Do =
  | { readonly do: "Deploy"; readonly to?: string | null; readonly withoutData?: boolean }
  | { readonly do: "Upgrade"; readonly to?: string; readonly acceptNotes?: boolean }
  | { readonly do: "Promote"; readonly version?: string | null; readonly withoutData?: boolean }
  | { readonly do: "Restore"; readonly snapshot?: string }
  | { readonly do: "Retry"; readonly version?: string }
  | { readonly do: "Alerts" | "Doctor" | "Log" | "Plan" | "Release" | "Rollback" | "Snapshot" | "Snapshots" | "Try" }
  /** About no app. */
  | { readonly do: "Export" | "Init" | "Reconcile" | "Verify" }

/** A command, or words with commands in them. A text alone has no command of lastgood in it, or is of an event. */
export type Next = string | Do | ReadonlyArray<string | Do>

/** In the place of a version that only the operator can know. */
export const runningVersion = "<the version that runs>"

const isParts = (next: Next): next is ReadonlyArray<string | Do> => Array.isArray(next)

/** Words with commands in them: ``advise`look at the app's logs, then ${{ do: "Rollback" }}` ``. */
export const advise = (words: TemplateStringsArray, ...nexts: ReadonlyArray<Next | number>): Next =>
  words.flatMap((word, i) => {
    const next = nexts[i] ?? ""
    if (typeof next === "number") return [word, String(next)]
    return [word, ...(isParts(next) ? next : [next])]
  })

/** Texts in older logs have this in the place of the app's name. */
const placeholder = "<app>"

/** A text of an event, with the name of its app. */
export const forApp = (app: string, text: string): string => text.replaceAll(placeholder, app)

const flag = (name: string, value: string | null | undefined): ReadonlyArray<string> =>
  value === undefined || value === null ? [] : [name, value]

/** @param app the argument that names it; empty: none does. */
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
        ...(command.withoutData === true ? ["--without-data"] : [])
      ]
    case "Restore":
      return [...app, ...flag("--snapshot", command.snapshot)]
    case "Retry":
      return command.version === undefined ? app : [...app, command.version]
    case "Alerts":
    case "Doctor":
    case "Log":
    case "Plan":
    case "Release":
    case "Rollback":
    case "Snapshot":
    case "Snapshots":
    case "Try":
      return app
    case "Reconcile":
      return ["--once"]
    case "Export":
    case "Init":
    case "Verify":
      return []
  }
}

/** @param app null: no app in particular is meant, or which one is not known here. */
export const nextText = (app: string | null, next: Next): string => {
  if (isParts(next)) return next.map((part) => nextText(app, part)).join("")
  if (typeof next === "string") return app === null ? next : forApp(app, next)
  return ["lastgood", next.do.toLowerCase(), ...argumentsOf(app === null ? [] : [app], next)].join(" ")
}
