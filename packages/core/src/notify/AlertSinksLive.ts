/** The sinks of a host: the alert file, and those that the configuration names. Loads an adapter when it sends. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { filled, type Message } from "../domain/message.ts"
import { oneLine, spoken } from "../health/problem.ts"
import { withoutSecrets } from "../secrets/Redact.ts"
import { sink as file } from "./AlertFile.ts"
import { AlertFailed, AlertSinks, type RemoteSink } from "./AlertSink.ts"
import { type Address, nameSinks } from "./addresses.ts"
import { instants } from "./hostTime.ts"
import type { NotSent } from "./NotSent.ts"
import type { Target } from "./Target.ts"

/** How long one message may take, with all its requests. */
export const sendLimitMs = 20_000
/** A program gets a signal at the end of its time, and some time to end. */
const programLimitMs = 15_000

const carry = (target: Target, message: Message): Effect.Effect<string, NotSent> => {
  switch (target._tag) {
    case "Http":
      return Effect.flatMap(
        Effect.promise(() => import("./Http.ts")),
        (adapter) => adapter.send(target, message)
      )
    case "Mail":
      return Effect.flatMap(
        Effect.promise(() => import("./Mail.ts")),
        (adapter) => adapter.send(target, message)
      )
    case "Program":
      return Effect.flatMap(
        Effect.promise(() => import("./Program.ts")),
        (adapter) => adapter.send(target, message, programLimitMs)
      )
  }
}

/** The message as the sink's templates write it, with times in the host's time zone. */
const written = (message: Message, { text, title }: Pick<Address, "text" | "title">): Message => {
  const local = { ...message, text: instants(message.text) }
  return {
    ...local,
    title: title === null ? local.title : filled(title, local),
    text: text === null ? local.text : filled(text, local)
  }
}

const remoteSink = (name: string, address: Address): RemoteSink => {
  const { level, secrets, target } = address
  const clean = (said: string) => oneLine(withoutSecrets(said, secrets))
  const told = ({ reason, said }: Pick<NotSent, "reason" | "said">) =>
    [reason, clean(said)].filter((part) => part !== "").join(": ")
  const failed = (reason: string, more: Partial<Pick<AlertFailed, "retryAfterMs" | "isAboutMessage">> = {}) =>
    new AlertFailed({ sink: name, reason: oneLine(reason), ...more })
  return {
    name,
    level,
    send: (message) =>
      carry(target, written(message, address)).pipe(
        Effect.mapError(({ isAboutMessage = false, reason, retryAfterMs, said }) =>
          failed(told({ reason, said }), { isAboutMessage, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
        ),
        Effect.timeoutOrElse({
          duration: sendLimitMs,
          orElse: () => Effect.fail(failed(`no answer within ${spoken(sendLimitMs)}`))
        }),
        Effect.catchDefect((defect) => Effect.fail(failed(clean(String(defect))))),
        Effect.map(clean)
      )
  }
}

export const remoteSinks = (addresses: ReadonlyArray<Address>): ReadonlyArray<RemoteSink> =>
  [...nameSinks(addresses)].map(([name, address]) => remoteSink(name, address))

/** @param addresses as configured now. */
export const layer = (addresses: Effect.Effect<ReadonlyArray<Address>>): Layer.Layer<AlertSinks> =>
  Layer.succeed(AlertSinks, AlertSinks.of({ all: [file], remote: Effect.map(addresses, remoteSinks) }))
