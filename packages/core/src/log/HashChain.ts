/**
 * The hash chain of the log (LAW-6): each event's hash covers its whole envelope and the hash of the event before it,
 * so that an edited, removed, inserted or moved event no longer fits. It makes the log tamper-evident, not tamper-proof:
 * cutting off the end, or rewriting everything, is only seen against a head that was noted elsewhere (`expectHead`).
 *
 * The format is fixed for ever (`docs/on-disk.md`). The hash is the lower-case hex SHA-256 of the UTF-8 text of this JSON
 * array, written without white space, as ECMAScript's `JSON.stringify` does:
 *
 *     ["lastgood/1", prev, position, stream, version, id, type, v, at, actor, attempt, data]
 *
 * `data` is a string in it: the stored JSON text, byte for byte. An array cannot be cut differently, as fields
 * that are only strung together can. The test vector is in `HashChain.test.ts`.
 */
import { createHash } from "node:crypto"
import type { Envelope, Head, Verification } from "./EventStore.ts"

/** An event as stores hold it: `text` is its data, as the JSON text that was hashed. */
export interface StoredEvent extends Omit<Envelope, "data"> {
  readonly text: string
}

/** `prev` of the first event. */
export const genesis = "0".repeat(64)

/** The head of a log that holds nothing. */
export const emptyHead: Head = { position: 0, hash: genesis }

/** The hash of an event, over everything but the hash itself. */
export const hashOf = (event: Omit<StoredEvent, "hash">): string =>
  createHash("sha256")
    .update(
      JSON.stringify([
        "lastgood/1",
        event.prev,
        event.position,
        event.stream,
        event.version,
        event.id,
        event.type,
        event.v,
        event.at,
        event.actor,
        event.attempt,
        event.text
      ])
    )
    .digest("hex")

/** @throws SyntaxError when the text is no JSON: possible only where the store was changed by hand. */
export const toEnvelope = (event: StoredEvent): Envelope => ({
  id: event.id,
  stream: event.stream,
  version: event.version,
  position: event.position,
  type: event.type,
  v: event.v,
  at: event.at,
  actor: event.actor,
  attempt: event.attempt,
  data: JSON.parse(event.text),
  prev: event.prev,
  hash: event.hash
})

/** The other way, for events of an export: their text is what `JSON.stringify` gives, as it was when they were appended. */
export const fromEnvelope = ({ data, ...envelope }: Envelope): StoredEvent => ({
  ...envelope,
  text: JSON.stringify(data)
})

/**
 * Recomputes the chain over the events of a whole log, in the order of their positions. Every link is judged by the
 * stored hash of the one before, so that one damaged event is one problem, not one for each that follows.
 *
 * @param expectHead a head noted earlier: its event must be there, with that hash.
 */
export const verifyChain = (events: Iterable<StoredEvent>, expectHead?: Head): Verification => {
  const problems: Array<string> = []
  const versions = new Map<string, number>()
  let head = emptyHead
  let expectedSeen = expectHead === undefined || expectHead.position === 0
  if (expectHead?.position === 0 && expectHead.hash !== genesis) {
    problems.push(`the noted head is no head of an empty log: its hash is ${expectHead.hash}, expected ${genesis}`)
  }
  for (const event of events) {
    const { position, stream, version } = event
    const before = versions.get(stream) ?? 0
    if (position !== head.position + 1) {
      problems.push(`position ${head.position + 1} is missing: after ${head.position} comes ${position}`)
    }
    if (event.prev !== head.hash) {
      problems.push(
        `the event at position ${position} does not follow the one before it: prev is ${event.prev}, expected ${head.hash}`
      )
    }
    const hash = hashOf(event)
    if (event.hash !== hash) {
      problems.push(
        `the event at position ${position} was changed: its hash is ${event.hash}, its content gives ${hash}`
      )
    }
    if (version !== before + 1) {
      problems.push(`the event at position ${position} is version ${version} of ${stream}, expected ${before + 1}`)
    }
    if (position === expectHead?.position) {
      expectedSeen = true
      if (event.hash !== expectHead.hash) {
        problems.push(
          `the log was rewritten: the hash at position ${position} is ${event.hash}, noted was ${expectHead.hash}`
        )
      }
    }
    versions.set(stream, version)
    head = { position, hash: event.hash }
  }
  if (!expectedSeen) {
    problems.push(`the log was cut: it ends at position ${head.position}, noted was position ${expectHead?.position}`)
  }
  return { head, problems }
}
