/**
 * Where a URL under `notify` leads, as data. The table of kinds (`kinds.ts`) makes it from a URL without I/O; the adapters
 * (`Http.ts`, `Mail.ts`, `Program.ts`) carry it out.
 */
import type { Message } from "../domain/message.ts"

export interface HttpRequest {
  readonly method: string
  /** May contain secrets, as may headers and body: none of them is ever shown. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

/** One request, and the requests that follow from its answer. */
export interface Exchange {
  readonly request: HttpRequest
  /**
   * @param body the JSON of the answer; undefined: it is not JSON.
   * @returns the next requests, or why the answer is a failure although its status is not.
   */
  readonly next?: (body: unknown) => ReadonlyArray<Exchange> | string
}

export interface HttpTarget {
  readonly _tag: "Http"
  readonly exchanges: (message: Message) => ReadonlyArray<Exchange>
  /** The operator accepts any certificate. */
  readonly isUnverified: boolean
}

export interface MailTarget {
  readonly _tag: "Mail"
  readonly host: string
  readonly port: number
  /** TLS from the first byte. */
  readonly secure: boolean
  readonly startTls: "never" | "if-offered" | "required"
  readonly auth: {
    readonly user: string
    readonly pass: string
    readonly method: "PLAIN" | "CRAM-MD5" | "OAUTH2" | null
  } | null
  readonly from: { readonly name: string; readonly address: string }
  readonly to: ReadonlyArray<string>
  readonly isHtml: boolean
  readonly clientHost: string
  readonly isUnverified: boolean
  readonly timeoutMs: number
}

export interface ProgramTarget {
  readonly _tag: "Program"
  readonly program: string
  /** Without secrets: other users see the arguments of a program. */
  readonly args: (message: Message) => ReadonlyArray<string>
  /** Files that it uses. Another user must not have written them (LAW-17). */
  readonly files: ReadonlyArray<string>
}

export type Target = HttpTarget | MailTarget | ProgramTarget

/** What a kind makes of a URL: one sink for each place that takes messages separately, such as each chat. */
export interface Parsed {
  /** For the sink's name: a host name without secrets. */
  readonly host: string
  /** What distinguishes sinks of one host. Only a short hash of it is shown. Without a password, so that it can be changed. */
  readonly identity: string
  readonly target: Target
}
