/**
 * The hash chain of the log (LAW-6): each event's hash covers its whole envelope and the hash of the event before it,
 * so that an edited, removed, inserted or moved event is detected. It makes the log tamper-evident, not tamper-proof:
 * truncation, or rewriting everything, is only detected with a head that was noted elsewhere (`expectHead`).
 *
 * The format is fixed for ever (`docs/on-disk.md`). The hash is the lower-case hex SHA-256 of the UTF-8 text of this
 * JSON array, written without white space, as ECMAScript's `JSON.stringify` does:
 *
 *     ["lastgood/1", prev, position, stream, version, id, type, v, at, actor, attempt, data]
 *
 * `data` is a string in it: the stored JSON text, byte for byte. An array has only one reading, unlike concatenated
 * fields. The test vector is in `HashChain.test.ts`.
 */
import { hash as digest } from "node:crypto"
import { isTooDeep, maxDepth } from "./Depth.ts"
import type { Envelope, Foldable, Head, Verification } from "./EventStore.ts"

/** An event as stores keep it. `text` is its data, as the JSON text that was hashed. */
export interface StoredEvent extends Omit<Envelope, "data"> {
  readonly text: string
}

/** The part of it that a fold needs. */
export interface StoredFoldable extends Omit<Foldable, "data"> {
  readonly text: string
}

/** `prev` of the first event. */
export const genesis = "0".repeat(64)

/** The head of an empty log. */
export const emptyHead: Head = { position: 0, hash: genesis }

/** The hash of an event, over everything except the hash itself. */
export const hashOf = (event: Omit<StoredEvent, "hash">): string =>
  digest(
    "sha256",
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
    ]),
    "hex"
  )

const parsed = (text: string): unknown => {
  if (isTooDeep(text)) throw new SyntaxError(`data is nested deeper than ${maxDepth}`)
  return JSON.parse(text)
}

/**
 * @throws SyntaxError when the text is not JSON, or too deeply nested: possible only after manual changes to the store.
 */
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
  data: parsed(event.text),
  prev: event.prev,
  hash: event.hash
})

/** @throws like `toEnvelope`. */
export const toFoldable = ({ at, attempt, position, stream, text, type, v, version }: StoredFoldable): Foldable => ({
  ...{ stream, version, position, type, v, at, attempt },
  data: parsed(text)
})

/** Checks a log event by event, in the order of positions. */
export interface ChainChecker {
  /** The problems of the next event, in itself and as the successor of the ones before. */
  readonly next: (event: StoredEvent) => ReadonlyArray<string>
  readonly head: () => Head
}

const noProblems: ReadonlyArray<string> = []

/** What is wrong with an event, as the successor of `expected` in the log and of version `before` in its stream. */
const linkProblems = (event: StoredEvent, expected: Head, content: string, before: number): ReadonlyArray<string> => {
  const { hash, position, prev, stream, version } = event
  return [
    ...(position === expected.position + 1
      ? []
      : [`position ${expected.position + 1} is missing: after ${expected.position} comes ${position}`]),
    ...(prev === expected.hash
      ? []
      : [
          `the event at position ${position} does not follow the one before it: prev is ${prev}, expected ${expected.hash}`
        ]),
    ...(hash === content
      ? []
      : [`the event at position ${position} was changed: its hash is ${hash}, its content gives ${content}`]),
    ...(version === before + 1
      ? []
      : [`the event at position ${position} is version ${version} of ${stream}, expected ${before + 1}`])
  ]
}

/**
 * Each link is checked against the stored hash of the event before, so that one damaged event is one problem, not one
 * for each that follows.
 */
export const chainChecker = (): ChainChecker => {
  const versions = new Map<string, number>()
  let head = emptyHead
  const next = (event: StoredEvent): ReadonlyArray<string> => {
    const { position, stream, version } = event
    const before = versions.get(stream) ?? 0
    const expected = head
    const content = hashOf(event)
    versions.set(stream, version)
    head = { position, hash: event.hash }
    const isWhole =
      position === expected.position + 1 &&
      event.prev === expected.hash &&
      event.hash === content &&
      version === before + 1
    return isWhole ? noProblems : linkProblems(event, expected, content, before)
  }
  return { next, head: () => head }
}

/**
 * Recomputes the chain over the events of a whole log, in the order of positions.
 *
 * @param expectHead a head that was noted earlier: the log must have an event at its position with its hash.
 */
export const verifyChain = (events: Iterable<StoredEvent>, expectHead?: Head): Verification => {
  const problems: Array<string> = []
  const checker = chainChecker()
  let expectedSeen = expectHead === undefined || expectHead.position === 0
  if (expectHead?.position === 0 && expectHead.hash !== genesis) {
    problems.push(`the noted head is not the head of an empty log: its hash is ${expectHead.hash}, expected ${genesis}`)
  }
  for (const event of events) {
    problems.push(...checker.next(event))
    if (event.position !== expectHead?.position) continue
    expectedSeen = true
    if (event.hash !== expectHead.hash) {
      problems.push(
        `the log was rewritten: the hash at position ${event.position} is ${event.hash}, the noted hash is ${expectHead.hash}`
      )
    }
  }
  const head = checker.head()
  if (!expectedSeen) {
    problems.push(
      `the log was truncated: it ends at position ${head.position}, the noted head is at position ${expectHead?.position}`
    )
  }
  return { head, problems }
}
