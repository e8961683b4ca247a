/** What a log message says, with its cause: for the terminal, the daemon's log, and a command that works through the daemon. */
import { messageOf } from "@lastgood/core/domain/messageOf"
import * as Cause from "effect/Cause"
import type * as Logger from "effect/Logger"

/** Effect takes a cause out of the message. */
export const logMessage = ({ cause, message }: Pick<Logger.Options<unknown>, "cause" | "message">): string => {
  const said = (Array.isArray(message) ? message : [message]).map(String).join(" ")
  return cause.reasons.length === 0 ? said : `${said}: ${messageOf(Cause.squash(cause))}`
}
