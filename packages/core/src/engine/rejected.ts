/** Refusals of commands that are not attempts, such as `rename`. */
import * as Effect from "effect/Effect"
import { type Next, nextText } from "../domain/Next.ts"
import { CommandRejected } from "./Request.ts"

export const rejected = (app: string, reason: string, next: Next) =>
  new CommandRejected({ app, reason, next: nextText(app, next) })

/** An error of the disk, as the refusal of a command that can be run again. */
export const onDisk = (app: string) =>
  Effect.mapError(({ message }: { readonly message: string }) =>
    rejected(app, message, "remove the cause, then run the same command again")
  )
