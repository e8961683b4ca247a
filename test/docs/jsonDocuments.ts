/** The documents that the commands print with `--json`, as schemas. `docs/json` has them as JSON Schema. */
import {
  Alert,
  App,
  Format,
  Kept,
  LogEvent,
  Plan,
  Result,
  Root,
  Snapshot,
  Unconfigured,
  Verified
} from "@lastgood/reconciler/http/api/shapes"
import * as Schema from "effect/Schema"

const Text = Schema.String
const TextOrNull = Schema.NullOr(Schema.String)
const Texts = Schema.Array(Schema.String)
const Bytes = Schema.NullOr(Schema.Finite)

/** `keys` after `format`. */
const document = <const Fields extends Schema.Struct.Fields>(keys: Fields) => Schema.Struct({ format: Format, ...keys })

const Failure = Schema.Struct({ tag: Text, message: Text, next: Text })

const Finding = Schema.Struct({
  level: Schema.Literals(["ok", "warn", "fail"]),
  app: TextOrNull,
  what: Text,
  seen: Text,
  next: Text,
  text: Schema.optionalKey(Text)
})

const Tried = Schema.Struct({
  version: Text,
  commit: Text,
  interrupted: Schema.Boolean,
  command: Schema.NullOr(
    Schema.Struct({
      ok: Schema.Boolean,
      code: Schema.NullOr(Schema.Int),
      signal: TextOrNull,
      timedOut: Schema.Boolean,
      tookMs: Schema.Finite,
      reason: TextOrNull,
      output: Text
    })
  )
})

const Attempt = Schema.Struct({
  id: Text,
  kind: Text,
  at: Text,
  endedAt: TextOrNull,
  from: TextOrNull,
  to: TextOrNull,
  outcome: TextOrNull,
  why: Text,
  downtime: Result.fields.downtime,
  steps: Schema.Array(
    Schema.Struct({ step: Text, at: Text, until: TextOrNull, ok: Schema.Boolean, isBack: Schema.Boolean })
  ),
  isBack: Schema.Boolean
})

/** A document of every command that fails. */
const Problem = document({ error: Failure })

const Sized = { bytes: Bytes, isPartial: Schema.Boolean }

const DryRun = document({
  dryRun: Schema.Literal(true),
  app: Text,
  action: Schema.Literals(["begin", "record", "resume", "remove", "nothing", "refused", "rejected"]),
  running: TextOrNull,
  to: TextOrNull,
  steps: Texts,
  snapshot: TextOrNull,
  quarantined: Texts,
  downtime: Plan.fields.downtime,
  why: Text,
  next: Text,
  refusal: Plan.fields.refusal,
  releaseNotes: Plan.fields.releaseNotes,
  removes: Schema.optionalKey(
    Schema.Array(Schema.Struct({ what: Schema.Literals(["snapshot", "aside"]), id: Text, ...Sized }))
  )
})

const Check = document({
  taken: Schema.Boolean,
  name: Text,
  folder: Text,
  files: Texts,
  envFile: TextOrNull,
  composeFile: TextOrNull,
  withoutEngine: TextOrNull,
  isRepository: Schema.Boolean,
  byRoot: Schema.Boolean,
  versions: Text,
  services: Schema.Array(
    Schema.Struct({
      name: Text,
      image: TextOrNull,
      isLocal: Schema.Boolean,
      healthcheck: TextOrNull,
      published: Schema.Array(Schema.Struct({ address: Text, port: Schema.Int, protocol: Text })),
      versions: Schema.Json
    })
  ),
  data: Schema.Array(Schema.Struct({ kind: Text, name: Text, path: TextOrNull, services: Texts, ...Sized })),
  questions: Schema.Array(
    Schema.Struct({ name: Text, path: TextOrNull, services: Texts, reasons: Texts, answers: Texts, ...Sized })
  ),
  external: Texts,
  notData: Schema.Array(Schema.Struct({ name: Text, services: Texts, why: Text })),
  problems: Schema.Array(Schema.Struct({ kind: Text, what: Text, next: Text }))
})

const Size = { bytes: Schema.Finite, isPartial: Schema.Boolean }

/** What is in a folder of a snapshot. */
const Entry = Schema.Struct({
  name: Text,
  kind: Schema.Literals(["file", "folder", "symlink", "hardlink", "special"]),
  mode: TextOrNull,
  owner: TextOrNull,
  bytes: Schema.Finite,
  files: Schema.Int,
  modified: TextOrNull,
  target: TextOrNull
})

/** Data that one attempt set aside. */
const Aside = { attempt: Text, at: Text, until: Text, tried: Schema.Boolean, paths: Texts, ...Size }

const Pruned = Schema.Struct({
  app: Text,
  keep: Schema.Int,
  keepWithinMs: Schema.NullOr(Schema.Finite),
  snapshots: Schema.Array(
    Schema.Struct({ id: Text, version: TextOrNull, at: Text, bytes: Schema.Finite, stays: Schema.Boolean, why: Text })
  ),
  aside: Schema.Array(Schema.Struct({ ...Aside, stays: Schema.Boolean })),
  releases: Schema.Array(Schema.Struct({ commit: Text, path: Text, ...Size, isKept: Schema.Boolean })),
  frees: Schema.Struct(Size)
})

/** By the name of the file in `docs/json`. */
export const documents = {
  status: document({ daemon: TextOrNull, apps: Schema.Array(App), unconfigured: Schema.Array(Unconfigured) }),
  plan: document({
    plans: Schema.Array(Plan),
    errors: Schema.Array(Schema.Struct({ app: Text, ...Failure.fields }))
  }),
  snapshots: document({
    snapshots: Schema.Array(Snapshot),
    kept: Schema.Array(Kept),
    root: Root
  }),
  "snapshots-ls": document({
    app: Text,
    snapshot: Text,
    volumes: Schema.Array(Schema.Struct({ name: Text, key: Text, bytes: Schema.Finite }))
  }),
  "snapshots-ls-path": document({
    ...{ app: Text, snapshot: Text, volume: Text, path: Text, indexed: Schema.Boolean },
    entries: Schema.Array(Entry)
  }),
  "snapshots-extract": document({ app: Text, snapshot: Text, into: Text, volumes: Texts }),
  aside: document({ aside: Schema.Array(Schema.Struct({ app: Text, ...Aside, why: Text })) }),
  prune: document({
    dryRun: Schema.Boolean,
    apps: Schema.Array(Pruned),
    errors: Schema.Array(Schema.Struct({ app: Text, ...Failure.fields }))
  }),
  verify: document({
    ok: Schema.Boolean,
    log: Schema.Struct({ head: Text, ok: Schema.Boolean, problems: Texts }),
    snapshots: Schema.Array(Verified)
  }),
  alerts: document({ alerts: Schema.Array(Alert) }),
  history: document({ app: Text, begun: Schema.Int, attempts: Schema.Array(Attempt) }),
  log: LogEvent,
  "log-digest": document({ since: Text, text: Text }),
  replay: document({
    position: Schema.Int,
    at: TextOrNull,
    apps: Schema.Array(Schema.Struct({ app: Text, state: Schema.Json }))
  }),
  doctor: document({
    ok: Schema.Boolean,
    findings: Schema.Array(Finding),
    summary: Schema.Struct({
      failed: Schema.Int,
      warned: Schema.Int,
      passed: Schema.Int,
      first: Schema.NullOr(Schema.Struct({ app: TextOrNull, what: Text, next: Text }))
    })
  }),
  result: document({ ...Result.fields, tried: Schema.optionalKey(Schema.NullOr(Tried)) }),
  rename: document({
    ...{ dryRun: Schema.Boolean, app: Text, to: Text, file: TextOrNull, folder: Text, next: Text }
  }),
  forget: document({
    dryRun: Schema.Boolean,
    app: Text,
    folder: Text,
    events: Schema.Int,
    snapshots: Schema.Array(Schema.Struct({ id: Text, version: Text, bytes: Schema.Finite }))
  }),
  "dry-run": DryRun,
  check: Check,
  init: document({
    written: Text,
    example: Schema.Boolean,
    engine: TextOrNull,
    apps: Schema.Array(Schema.Struct({ app: Text, runtime: Text, leftOut: TextOrNull, open: Texts })),
    watchtowers: Texts
  }),
  notify: document({
    sinks: Schema.Array(
      Schema.Struct({
        sink: Text,
        level: Text,
        failing: Schema.NullOr(Schema.Struct({ since: Text, why: Text, retryAt: Text }))
      })
    )
  }),
  "notify-test": document({
    ok: Schema.Boolean,
    sinks: Schema.Array(Schema.Struct({ sink: Text, ok: Schema.Boolean, answer: Text }))
  }),
  reconcile: document({
    apps: Schema.Array(
      Schema.Struct({ app: Text, outcome: Text, why: Text, next: Text, trouble: Schema.NullOr(Schema.Json) })
    )
  }),
  report: document({
    written: Text,
    bytes: Schema.Int,
    parts: Schema.Array(Schema.Struct({ file: Text, what: Text, written: Schema.Boolean, trouble: TextOrNull }))
  }),
  export: document({ written: Text, store: Text, head: Text }),
  import: document({ imported: Text, store: Text, head: Text, ended: Texts }),
  dashboard: document({ link: Text }),
  "plugin-new": document({ written: Texts }),
  "plugin-test": document({ ok: Schema.Boolean, findings: Schema.Array(Finding) }),
  error: Problem
} as const

export type DocumentName = keyof typeof documents

export const documentNames = Object.keys(documents) as ReadonlyArray<DocumentName>

/** The text of `docs/json/<name>.schema.json`. More keys may come, so a reader ignores those that it does not know. */
export const jsonSchemaText = (name: DocumentName): string => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(documents[name])
  const text = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    ...schema,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions })
  }
  return `${JSON.stringify(text, null, 2)}\n`
}
