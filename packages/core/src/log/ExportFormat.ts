/**
 * The log as text (`docs/on-disk.md`, "An export"): JSON Lines, with a header and one line per event that contains the
 * stored text of its data. Pure. Each line has exactly one accepted form, so that an imported export is exported again
 * as the same bytes.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { isTooDeep, maxDepth } from "./Depth.ts"
import { Envelope, type Head } from "./EventStore.ts"
import type { StoredEvent } from "./HashChain.ts"

export const exportFormat = 1

export interface Header {
  /** The identity of the log, which stays with the events. */
  readonly store: string
  /** The last event of the export. */
  readonly head: Head
}

export const headerLine = ({ store, head: { position, hash } }: Header): string =>
  JSON.stringify({ lastgood: "export", format: exportFormat, store, head: { position, hash } })

/** JSON allows line breaks between its parts. Such a text would be more than one line. */
const isOneLine = (text: string): boolean => !/[\n\r]/.test(text)

export const eventLine = (event: StoredEvent): string => {
  const { position, stream, version, id, type, v, at, actor, attempt, prev, hash, text } = event
  const envelope = JSON.stringify({ position, stream, version, id, type, v, at, actor, attempt, prev, hash })
  return `${envelope.slice(0, -1)},${isOneLine(text) ? `"data":${text}` : `"text":${JSON.stringify(text)}`}}`
}

const json = (text: string): Result.Result<unknown, string> =>
  Result.try({ try: (): unknown => JSON.parse(text), catch: () => "it is not JSON" })

const anyHeader = Schema.decodeUnknownResult(
  Schema.Struct({ lastgood: Schema.Literal("export"), format: Schema.Finite })
)
const knownHeader = Schema.decodeUnknownResult(
  Schema.Struct({
    store: Schema.NonEmptyString,
    head: Schema.Struct({
      position: Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0))),
      hash: Schema.String.pipe(Schema.check(Schema.isPattern(/^[0-9a-f]{64}$/)))
    })
  })
)

const other = "it is not in the form that lastgood writes"

/** @returns the problem, worded to follow "line 1: ". */
export const parseHeader = (line: string): Result.Result<Header, string> =>
  Result.gen(function* () {
    const notAnExport = () => "this is not an export of a lastgood log"
    const parsed = yield* Result.mapError(json(line), notAnExport)
    const { format } = yield* Result.mapError(anyHeader(parsed), notAnExport)
    if (format !== exportFormat) {
      return yield* Result.fail(`its format is ${format}; this lastgood reads format ${exportFormat}`)
    }
    const header = yield* Result.mapError(knownHeader(parsed), () => other)
    return headerLine(header) === line ? header : yield* Result.fail(other)
  })

const { data: _data, ...linked } = Envelope.fields
const asData = Schema.decodeUnknownResult(Schema.Struct(linked))
const asText = Schema.decodeUnknownResult(Schema.Struct({ ...linked, text: Schema.String }))

/** The start of the data. It cannot occur in a string of the envelope, where its quotation marks would be escaped. */
const dataMark = ',"data":'

const parseParts = (line: string): Result.Result<StoredEvent, string> => {
  const at = line.indexOf(dataMark)
  const decoded = (result: Result.Result<unknown, string>) => Result.mapError(result, () => "it is not an event")
  if (at === -1) {
    return Result.flatMap(decoded(json(line)), (parsed) => Result.mapError(asText(parsed), () => "it is not an event"))
  }
  return decoded(json(`${line.slice(0, at)}}`)).pipe(
    Result.flatMap((parsed) => Result.mapError(asData(parsed), () => "it is not an event")),
    Result.map((envelope) => ({ ...envelope, text: line.slice(at + dataMark.length, -1) }))
  )
}

/** @returns the problem, worded to follow "line 7: ". The chain is not checked. */
export const parseEvent = (line: string): Result.Result<StoredEvent, string> =>
  Result.gen(function* () {
    const event = yield* parseParts(line)
    if (isTooDeep(event.text)) return yield* Result.fail(`its data is nested deeper than ${maxDepth}`)
    yield* Result.mapError(json(event.text), () => "its data is not JSON")
    return eventLine(event) === line ? event : yield* Result.fail(other)
  })
