/**
 * Errors below the port, which do not know the app and operation: a failed file operation, or a state in which it is
 * unsafe to continue. `failedAs` turns them into the port's error.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { IoFailed } from "../disk/io.ts"
import type { App } from "../domain/App.ts"
import { ToolFailed } from "../process/Tool.ts"
import { SnapshotFailed } from "./SnapshotStore.ts"

/** A state in which it is unsafe to continue. Nothing was destroyed. */
export class SnapshotRefusal extends Schema.TaggedError<SnapshotRefusal>()("SnapshotRefusal", {
  reason: Schema.String,
  next: Schema.String,
  /** There is not enough space. */
  noRoom: Schema.optionalKey(Schema.Boolean),
  /** A path on the filesystem that has too little of it. */
  full: Schema.optionalKey(Schema.String),
  /** The gate that refuses, if it has a name. */
  gate: Schema.optionalKey(Schema.Literals(["filter"]))
}) {
  override get message() {
    return this.reason
  }
}

export type SnapshotTrouble = IoFailed | SnapshotRefusal | ToolFailed

const isTrouble = <E>(error: E): error is E & SnapshotTrouble =>
  error instanceof IoFailed || error instanceof SnapshotRefusal || error instanceof ToolFailed

/** tar prints "Wrote only" when only a part of the last write fits. */
const full = /ENOSPC|EDQUOT|No space left|Disk quota|Wrote only/
const forbidden = /EACCES|EPERM|Permission denied|Operation not permitted/

/** Whether the disk is full. */
export const isFull = (trouble: SnapshotTrouble): boolean =>
  trouble._tag !== "SnapshotRefusal" && full.test(trouble._tag === "IoFailed" ? trouble.code : trouble.said)

const nextOf = (trouble: SnapshotTrouble): string => {
  if (trouble._tag === "SnapshotRefusal") return trouble.next
  if (trouble._tag === "ToolFailed" && trouble.notFound) return `install ${trouble.tool}, then try again`
  const said = trouble._tag === "IoFailed" ? trouble.code : trouble.said
  if (isFull(trouble)) return "free space on that filesystem, then try again"
  if (forbidden.test(said)) return "run lastgood as a user who may read and own every file of the volumes (root)"
  return "remove the cause, then try again"
}

const toFailed = (app: App, operation: string, trouble: SnapshotTrouble): SnapshotFailed =>
  new SnapshotFailed({
    app: app.name,
    operation,
    reason: reasonOf(trouble),
    next: nextOf(trouble),
    ...fullOf(app, operation, trouble),
    noRoom: isFull(trouble) || (trouble._tag === "SnapshotRefusal" && trouble.noRoom === true),
    ...(trouble._tag === "SnapshotRefusal" && trouble.gate !== undefined ? { gate: trouble.gate } : {})
  })

/** A snapshot is written below the app's folder. */
const fullOf = (app: App, operation: string, trouble: SnapshotTrouble): { readonly full?: string } => {
  if (trouble._tag === "SnapshotRefusal") return trouble.full === undefined ? {} : { full: trouble.full }
  return isFull(trouble) && ["snapshot", "seal"].includes(operation) ? { full: app.dir } : {}
}

/** Adds the app and the operation to an error. Other errors pass through. */
export const failedAs =
  (app: App, operation: string) =>
  <A, E, R>(self: Effect.Effect<A, E, R>) =>
    Effect.catchIf(self, isTrouble<E>, (trouble) => Effect.fail(toFailed(app, operation, trouble)))

const reasonOf = (trouble: SnapshotTrouble): string =>
  trouble._tag === "ToolFailed" ? trouble.message.trim() : trouble.message
