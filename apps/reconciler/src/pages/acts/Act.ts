/** What an operator can do to an app from its page: the address of its confirm page, and the request that it makes. Pure. */
import { hostName } from "@lastgood/core/domain/hostName"
import { nextText } from "@lastgood/core/domain/Next"
import type { Decided } from "@lastgood/core/engine/Request"
import type { Attempted } from "../../http/Acts.ts"

export const actNames = [
  "upgrade",
  "deploy",
  "promote",
  "rollback",
  "restore",
  "snapshot",
  "interrupt",
  "stop",
  "start",
  "remove",
  "hold",
  "release",
  "retry",
  "approve",
  "withdraw",
  "acknowledge"
] as const

export type ActName = (typeof actNames)[number]

export const isActName = (name: string): name is ActName => actNames.some((one) => one === name)

/** An act with what it is about: a version, snapshot, attempt or alert, of which at most one applies. */
export interface Act {
  readonly name: ActName
  readonly app: string
  /** A version, or the id of a snapshot, an attempt or an alert; empty: the newest, or all. */
  readonly subject: string
}

/** The name of the subject in addresses and forms; null: there is none. */
export const subjectOf: Readonly<Record<ActName, "version" | "snapshot" | "attempt" | "alert" | null>> = {
  upgrade: "version",
  deploy: "version",
  promote: null,
  rollback: "snapshot",
  restore: "snapshot",
  snapshot: null,
  interrupt: "attempt",
  stop: null,
  start: null,
  remove: null,
  hold: null,
  release: null,
  retry: "version",
  approve: "version",
  withdraw: "version",
  acknowledge: "alert"
}

/** Of the confirm page, without what it is about; the form is sent there too. */
export const actAddress = ({ app, name }: Pick<Act, "app" | "name">): string =>
  `/apps/${encodeURIComponent(app)}/acts/${name}`

export const actPath = (name: ActName, app: string, subject = ""): string => {
  const key = subjectOf[name]
  const query = key === null || subject === "" ? "" : `?${new URLSearchParams({ [key]: subject })}`
  return `${actAddress({ app, name })}${query}`
}

/** How long a hold may last, in seconds; empty: until it is released. */
export const holdTimes = [
  ["", "until it is released"],
  ["3600", "1 hour"],
  ["28800", "8 hours"],
  ["86400", "1 day"],
  ["604800", "1 week"],
  ["2592000", "30 days"]
] as const

const isReason = (text: string): boolean => /^(?=.*\S)[^\p{Cc}]{1,500}$/u.test(text)

/** Nothing that an app's texts are made of is longer. */
const isSubject = (text: string): boolean => /^[^\p{Cc}]{1,500}$/u.test(text)

/** The operator's word that the data which the log knows is given up (LAW-15). */
const givesUpData = (fields: URLSearchParams): boolean => fields.get("data") === "given-up"

type Asked =
  | { readonly begin: Attempted }
  | { readonly record: Decided }
  | { readonly interrupt: string }
  /** The form cannot be understood. */
  | { readonly wrong: string }

/** The request of a form that was sent. @param fields as the browser sent them. */
export const askedBy = ({ name, subject }: Act, fields: URLSearchParams): Asked => {
  const wrong = (what: string): Asked => ({ wrong: what })
  if (subject !== "" && !isSubject(subject)) return wrong(`the ${subjectOf[name]} cannot be read`)
  switch (name) {
    case "upgrade": {
      if (subject === "") return wrong("the form does not say which version")
      const acceptNotes = fields.get("notes") === "done"
      return { begin: { _tag: "Upgrade", to: subject, trigger: "operator", fetch: false, acceptNotes } }
    }
    case "deploy":
      if (subject === "") return wrong("the form does not say which version")
      return { begin: { _tag: "Deploy", to: subject, fetch: false, withoutData: givesUpData(fields) } }
    case "promote": {
      const capture = fields.get("snapshot") === "yes"
      const withoutData = givesUpData(fields)
      return { begin: { _tag: "Promote", version: null, capture, teardown: false, withoutData } }
    }
    case "interrupt":
      if (subject === "") return wrong("the form does not say which attempt")
      return { interrupt: subject }
    case "rollback":
    case "restore":
      if (subject === "") return wrong("the form does not say which snapshot")
      return { begin: { _tag: name === "rollback" ? "Rollback" : "Restore", snapshot: subject } }
    case "snapshot":
      return { begin: { _tag: "Snapshot" } }
    case "stop":
      return { begin: { _tag: "Stop" } }
    case "start":
      return { begin: { _tag: "Start" } }
    case "remove":
      // Volumes are deleted only by the command, which lists them first.
      return { begin: { _tag: "Remove", data: false } }
    case "hold": {
      const reason = (fields.get("reason") ?? "").trim()
      const seconds = fields.get("for") ?? ""
      if (!isReason(reason)) return wrong("a hold needs a reason of 1 to 500 characters, on one line")
      if (!holdTimes.some(([value]) => value === seconds)) return wrong("the form does not say how long")
      return { record: { _tag: "Hold", reason, forMs: seconds === "" ? null : Number(seconds) * 1000 } }
    }
    case "release":
      return { record: { _tag: "Release" } }
    case "retry":
      return { record: { _tag: "Retry", version: subject === "" ? null : subject } }
    case "approve":
      if (subject === "") return wrong("the form does not say which version")
      return { record: { _tag: "Approve", version: subject, fetch: false } }
    case "withdraw":
      if (subject === "") return wrong("the form does not say which version")
      return { record: { _tag: "Withdraw", version: subject } }
    case "acknowledge":
      return { record: { _tag: "Acknowledge", alert: subject === "" ? null : subject } }
  }
}

/** The command that does the same. */
export const commandOf = ({ app, name, subject }: Act): string => {
  const about = subject === "" ? {} : { version: subject }
  switch (name) {
    case "upgrade":
      return nextText(app, { do: "Upgrade", ...(subject === "" ? {} : { to: subject }) })
    case "deploy":
      return nextText(app, { do: "Deploy", ...(subject === "" ? {} : { to: subject }) })
    case "promote":
      return nextText(app, { do: "Promote" })
    case "interrupt":
      // Where the command was begun, Ctrl-C does it.
      return nextText(app, { do: "Log" })
    case "rollback":
      return nextText(app, { do: "Rollback" })
    case "restore":
      return nextText(app, { do: "Restore", ...(subject === "" ? {} : { snapshot: subject }) })
    case "snapshot":
      return nextText(app, { do: "Snapshot" })
    case "stop":
      return nextText(app, { do: "Stop" })
    case "start":
      return nextText(app, { do: "Start" })
    case "remove":
      return nextText(app, { do: "Remove" })
    case "hold":
      return nextText(app, { do: "Hold" })
    case "release":
      return nextText(app, { do: "Release", ...(app === hostName ? { host: true } : {}) })
    case "retry":
      return nextText(app, { do: "Retry", ...about })
    case "approve":
      return nextText(app, { do: "Approve", version: subject })
    case "withdraw":
      return nextText(app, { do: "Approve", version: subject, withdraw: true })
    case "acknowledge":
      return nextText(app, { do: "Acknowledge", alert: subject === "" ? null : subject })
  }
}
