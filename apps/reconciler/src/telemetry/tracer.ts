/**
 * The spans that are sent: `lastgood.attempt`, in it `lastgood.step.<step>`, in it `lastgood.tool.<program>`. Other spans are
 * lastgood's own and stay here; their children belong to the nearest span that is sent.
 *
 * An attempt is one trace, also across a kill: its trace and its root span have their ids from the attempt, and the process
 * that ends the attempt sends the root. Neither messages nor stacks are sent, because they may quote a program (LAW-12).
 */
import * as Cause from "effect/Cause"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { entriesToAttributes } from "effect/observability/OtlpResource"
import type { ScopeSpan } from "effect/observability/OtlpTracer"
import * as Tracer from "effect/Tracer"

type SentSpan = ScopeSpan["spans"][number]
type SpanOptions = Parameters<Tracer.Tracer["span"]>[0]

const attemptName = "lastgood.attempt"
const sentNames = /^lastgood\.(?:attempt$|step\.|tool\.)/

const ok = 1
const error = 2
const internal = 1

/** A span that is sent knows its parent that is sent. */
class OwnSpan extends Tracer.NativeSpan {
  readonly #parent: Tracer.Span | null
  readonly #send: (span: SentSpan) => void

  constructor(options: SpanOptions, parent: Tracer.Span | null, send: (span: SentSpan) => void) {
    super(options)
    this.#parent = parent
    this.#send = send
  }

  /** A UUID has as many digits as the id of a trace. */
  get #attempt(): string | null {
    const id = this.name === attemptName ? this.attributes.get("attempt") : null
    return typeof id === "string" ? id.replaceAll("-", "") : null
  }

  override get traceId(): string {
    return this.#parent?.traceId ?? this.#attempt ?? super.traceId
  }

  override get spanId(): string {
    return this.#attempt?.slice(16) ?? super.spanId
  }

  override end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
    if (this.status._tag === "Ended") return
    super.end(endTime, exit)
    const isRoot = this.name === attemptName
    // An attempt that goes on in a later process ends there.
    if (isRoot && !this.attributes.has("outcome")) return
    if (!isRoot && this.#parent === null) return
    const { began, ...attributes } = Object.fromEntries(this.attributes)
    const start = typeof began === "string" ? BigInt(Date.parse(began)) * 1_000_000n : this.status.startTime
    const failure = failureOf(exit, attributes)
    this.#send({
      traceId: this.traceId,
      spanId: this.spanId,
      parentSpanId: this.#parent?.spanId,
      name: this.name,
      kind: internal,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(endTime),
      attributes: entriesToAttributes(
        Object.entries({ ...attributes, ...(failure === null ? {} : { "error.type": failure }) })
      ),
      droppedAttributesCount: 0,
      events: [],
      droppedEventsCount: 0,
      status: { code: failure === null ? ok : error },
      links: [],
      droppedLinksCount: 0
    })
  }
}

const good: ReadonlySet<unknown> = new Set(["committed", "done"])

/** The kind of a failure; null: none. */
const failureOf = (exit: Exit.Exit<unknown, unknown>, { outcome, result }: Readonly<Record<string, unknown>>) => {
  if (exit._tag === "Failure") {
    if (Cause.hasInterruptsOnly(exit.cause)) return "interrupted"
    const cause = Option.getOrNull(Cause.findErrorOption(exit.cause))
    return typeof cause === "object" && cause !== null && "_tag" in cause ? String(cause._tag) : "defect"
  }
  if (typeof outcome === "string" && !good.has(outcome)) return outcome
  return result === "failed" ? "failed" : null
}

const sentParent = (parent: Option.Option<Tracer.AnySpan>): OwnSpan | null => {
  const span = Option.getOrNull(parent)
  if (span === null || span._tag !== "Span") return null
  return span instanceof OwnSpan ? span : sentParent(span.parent)
}

/** @param send gets each span that ended. */
export const makeTracer = (send: (span: SentSpan) => void): Tracer.Tracer =>
  Tracer.make({
    span: (options) => {
      if (!sentNames.test(options.name)) return new Tracer.NativeSpan(options)
      const parent = options.name === attemptName ? null : sentParent(options.parent)
      return new OwnSpan(options, parent, send)
    }
  })
