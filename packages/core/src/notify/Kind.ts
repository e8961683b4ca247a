/** One kind of URL: its form, its parameters, and where it leads. */
import type * as Result from "effect/Result"
import type { Message } from "../domain/message.ts"
import type { Given } from "./Given.ts"
import type { Exchange, HttpTarget, Parsed } from "./Target.ts"

export interface SinkKind {
  /** For messages. */
  readonly form: string
  /** The parameters that it reads, in lower case; null: any. */
  readonly params: ReadonlyArray<string> | null
  /** Those of them that are `yes` or `no`. */
  readonly flags: ReadonlyArray<string>
  /** @returns the sinks, or a problem without any part of the URL. */
  readonly parse: (given: Given) => Result.Result<ReadonlyArray<Parsed>, string>
}

export const defineKind = (kind: SinkKind): SinkKind => kind

export const json = (
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  method = "POST"
): Exchange => ({
  request: { method, url, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) }
})

export const http = (exchanges: (message: Message) => ReadonlyArray<Exchange>, isUnverified = false): HttpTarget => ({
  _tag: "Http",
  exchanges,
  isUnverified
})

/** Title and text in one, for services that know no titles. */
export const together = ({ text, title }: Message): string => `${title}\n\n${text}`

/** At most so many UTF-16 units, without half a character. */
export const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, "")}…`
