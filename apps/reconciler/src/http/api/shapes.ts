/** The shapes that the API answers with. They are the values that the commands print with `--json`. */
import { phases } from "@lastgood/core/domain/State"
import type { Preview, Report } from "@lastgood/core/engine/Request"
import { Envelope } from "@lastgood/core/log/EventStore"
import * as Schema from "effect/Schema"
import type { ShownAlert } from "../../reading/alerts.ts"
import type { ShownSnapshot } from "../../reading/snapshots.ts"
import type { ShownStanding } from "../../reading/standings.ts"
import type { Checked } from "../../reading/verify.ts"

const Text = Schema.String
const TextOrNull = Schema.NullOr(Schema.String)
const Texts = Schema.Array(Schema.String)
/** ISO 8601, UTC. */
const At = Schema.String
const AtOrNull = Schema.NullOr(At)

export const Format = Schema.Literal(1).annotate({ description: "Version of the shape." })

const Service = Schema.Struct({
  name: Text,
  state: Text,
  ok: Schema.Boolean,
  image: TextOrNull,
  digest: TextOrNull,
  since: AtOrNull,
  restarts: Schema.Int,
  health: Schema.NullOr(Schema.Literals(["healthy", "unhealthy", "starting"]))
})

/** As `lastgood status --json` prints it. */
export const App = Schema.Struct({
  app: Text,
  phase: Schema.Literals(phases),
  running: TextOrNull,
  lastGood: TextOrNull,
  snapshot: TextOrNull,
  quarantined: Schema.Array(Schema.Struct({ version: Text, reason: Text, until: AtOrNull })),
  stopped: Schema.NullOr(Schema.Struct({ since: At, by: Text })),
  removed: Schema.NullOr(Schema.Struct({ snapshot: Text, volumes: Texts, erased: Schema.Boolean })),
  held: Schema.NullOr(Schema.Struct({ reason: Text, until: AtOrNull })),
  waitingFor: TextOrNull,
  approved: Schema.NullOr(Schema.Struct({ version: Text, at: At })),
  setAside: Schema.Array(Schema.Struct({ attempt: Text, until: At, paths: Texts })),
  lastOutcome: Schema.NullOr(Schema.Struct({ outcome: Text, why: Text, at: At })),
  now: Schema.NullOr(Schema.Struct({ version: TextOrNull, services: Schema.Array(Service) })),
  since: AtOrNull,
  health: Schema.NullOr(Schema.Struct({ ok: Schema.Boolean, seen: Text, at: Schema.optionalKey(At) })),
  drift: Schema.NullOr(
    Schema.Struct({ kind: Schema.Literals(["data-missing", "log-behind", "drift"]), what: Text, next: Text })
  ),
  envChanged: Schema.Boolean,
  nextCheck: AtOrNull,
  reason: TextOrNull,
  next: TextOrNull,
  workedOnBy: TextOrNull
}).annotate({ identifier: "App" })

/** As `lastgood snapshots --json` prints it. */
export const Snapshot = Schema.Struct({
  app: Text,
  id: Text,
  version: TextOrNull,
  commit: TextOrNull,
  ts: At,
  bytes: Schema.Int,
  volumes: Texts,
  verified: Schema.NullOr(Schema.Boolean),
  current: Schema.Boolean
}).annotate({ identifier: "Snapshot" })

/** As `lastgood status --json` prints it. */
export const Unconfigured = Schema.Struct({
  app: Text,
  version: TextOrNull,
  running: Schema.Boolean,
  snapshots: Schema.Struct({ count: Schema.Int, bytes: Schema.Int }),
  folder: Text,
  next: Text
}).annotate({ identifier: "Unconfigured" })

/** `isPartial`: there is more than was counted. */
const Size = { bytes: Schema.Int, isPartial: Schema.Boolean }

/** What is kept of an app, as `lastgood snapshots --json` prints it. */
export const Kept = Schema.Struct({
  app: Text,
  snapshots: Schema.Struct(Size),
  aside: Schema.Struct(Size),
  releases: Schema.Struct(Size)
}).annotate({ identifier: "Kept" })

export const Root = Schema.Struct({ path: Text, ...Size }).annotate({ identifier: "Root" })

/** As `lastgood verify --json` prints it. */
export const Verified = Schema.Struct({
  app: Text,
  snapshot: Text,
  bytes: Schema.Int,
  ok: Schema.Boolean,
  problems: Texts
}).annotate({ identifier: "Verified" })

/** As `lastgood alerts --json` prints it. */
export const Alert = Schema.Struct({
  app: Text,
  id: Text,
  at: At,
  state: Schema.Literals(["open", "acknowledged", "resolved"]),
  subject: Text,
  outcome: Text,
  attempted: TextOrNull,
  lastGood: TextOrNull,
  recovered: Schema.Boolean,
  why: Text,
  next: Text,
  deliveredTo: Texts,
  owedTo: Texts,
  acknowledged: Schema.NullOr(Schema.Struct({ at: At, by: TextOrNull })),
  resolved: Schema.NullOr(Schema.Struct({ at: At, by: Text }))
}).annotate({ identifier: "Alert" })

const ReleaseNote = Schema.Struct({ version: Text, text: Text, asks: TextOrNull })

const Steps = Schema.Array(Schema.Struct({ step: Text, ms: Schema.Finite }))

const Moved = Schema.Struct({ added: Texts, removed: Texts })

/** As `lastgood plan --json` prints it. */
export const Plan = Schema.Struct({
  app: Text,
  running: TextOrNull,
  lastGood: TextOrNull,
  action: Schema.Literals(["resume", "upgrade", "nothing", "refused", "rejected"]),
  to: TextOrNull,
  steps: Texts,
  why: Text,
  next: Text,
  refusal: Schema.NullOr(Schema.Struct({ gate: Text, reason: Text, next: Text, until: Schema.optionalKey(At) })),
  notes: Texts,
  automatic: Schema.NullOr(
    Schema.Struct({
      verdict: Schema.Literals(["take", "wait", "refuse", "nothing"]),
      version: TextOrNull,
      gate: TextOrNull,
      reason: Text,
      until: AtOrNull
    })
  ),
  downtime: Schema.NullOr(Schema.Struct({ ms: Schema.Finite, steps: Steps, attempts: Schema.Int })),
  releaseNotes: Schema.Array(ReleaseNote),
  images: Schema.Array(
    Schema.Struct({
      service: Text,
      from: TextOrNull,
      to: TextOrNull,
      version: TextOrNull,
      source: TextOrNull,
      revision: TextOrNull
    })
  ),
  changes: Schema.NullOr(
    Schema.Struct({
      services: Schema.Array(
        Schema.Struct({
          service: Text,
          is: Schema.Literals(["new", "removed", "changed"]),
          ports: Moved,
          mounts: Moved,
          variables: Schema.Struct({ added: Texts, removed: Texts, changed: Texts }),
          settings: Texts
        })
      ),
      volumes: Moved,
      networks: Moved,
      secrets: Moved,
      configs: Moved
    })
  )
}).annotate({ identifier: "Plan" })

/** The result of a command, as the commands print it with `--json`. */
export const Result = Schema.Struct({
  app: Text,
  outcome: Text,
  why: Text,
  next: Text,
  attempt: TextOrNull,
  resumed: Schema.Boolean,
  running: TextOrNull,
  lastGood: TextOrNull,
  releaseNotes: Schema.Array(ReleaseNote),
  downtime: Schema.optionalKey(Schema.Struct({ at: At, ms: Schema.Finite, downSince: AtOrNull, steps: Steps }))
}).annotate({ identifier: "Result" })

/** An event of the log, as `lastgood log --json` prints it. */
export const LogEvent = Schema.Struct({ ...Envelope.fields, data: Schema.Json }).annotate({ identifier: "Event" })

/** The compiler refuses a shape that lacks a key of the value, because the API would silently leave it out. */
type Whole<Value, Shape> = [Value] extends [Shape] ? (keyof Value extends keyof Shape ? true : never) : never
const whole = <Value, Shape>(_: Whole<Value, Shape>): void => undefined
whole<ShownStanding, typeof App.Type>(true)
whole<ShownSnapshot, typeof Snapshot.Type>(true)
whole<Checked, typeof Verified.Type>(true)
whole<ShownAlert, typeof Alert.Type>(true)
whole<Preview, typeof Plan.Type>(true)
whole<Omit<Report, "tried">, typeof Result.Type>(true)
