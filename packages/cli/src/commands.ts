/**
 * The command line as a whole: every command with its arguments, flags and words. What a command does is in
 * `commands/<name>.ts`, loaded when it is asked for.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import {
  app,
  forDuration,
  optionalApp,
  skipFetch,
  snapshot,
  timeout,
  to,
  wait,
  waitToRecord,
  withoutData
} from "./arguments.ts"
import { alerts } from "./commands/alerts/command.ts"
import { plugin } from "./commands/plugin/command.ts"
import { lazily } from "./lazily.ts"

const init = Command.make(
  "init",
  {},
  lazily(() => import("./commands/init.ts"))
).pipe(Command.withDescription("Write a commented lastgood.yaml to start from"))

const doctor = Command.make(
  "doctor",
  {
    app: optionalApp,
    prove: Flag.Boolean("prove").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Also take the app down, snapshot it and restore that, twice down in all"),
      Flag.withDefault(false)
    ),
    wait
  },
  lazily(() => import("./commands/doctor.ts"))
).pipe(Command.withDescription("Look for what would go wrong, and say what to do about it"))

const status = Command.make(
  "status",
  {
    app: optionalApp,
    offline: Flag.Boolean("offline").pipe(
      Flag.withoutNegation,
      Flag.withDescription("What the log says alone: no runtime and no app is asked"),
      Flag.withDefault(false)
    )
  },
  lazily(() => import("./commands/status.ts"))
).pipe(Command.withDescription("What runs now beside what should, the last good version, and what is waited for"))

const plan = Command.make(
  "plan",
  { app: optionalApp, skipFetch },
  lazily(() => import("./commands/plan.ts"))
).pipe(Command.withDescription("What an upgrade would do now, and why; changes nothing"))

const deploy = Command.make(
  "deploy",
  { app, to, skipFetch, withoutData, wait },
  lazily(() => import("./commands/deploy.ts"))
).pipe(
  Command.withDescription(
    "Bring up an app that is not running as it should (or whose env file was changed), through its health gate"
  )
)

const upgrade = Command.make(
  "upgrade",
  {
    app,
    to,
    skipFetch,
    wait,
    acceptNotes: Flag.Boolean("accept-notes").pipe(
      Flag.withoutNegation,
      Flag.withDescription("The manual work that the release notes ask for is done"),
      Flag.withDefault(false)
    )
  },
  lazily(() => import("./commands/upgrade.ts"))
).pipe(Command.withDescription("Snapshot, deploy the newer version, and go back with the data if it is not healthy"))

const tryOut = Command.make(
  "try",
  {
    app,
    ref: Argument.String("ref").pipe(Argument.withDescription("A tag, branch or commit of the recipe")),
    command: Argument.String("command").pipe(
      Argument.withDescription("After --: what is run beside it, and decides"),
      Argument.variadic()
    ),
    timeout,
    skipFetch,
    wait
  },
  lazily(() => import("./commands/try.ts"))
).pipe(
  Command.withDescription("Deploy any commit, run a command beside it, and always go back: version and data of before")
)

const rollback = Command.make(
  "rollback",
  { app, snapshot, wait },
  lazily(() => import("./commands/rollback.ts"))
).pipe(Command.withDescription("Go back to the version before this one, data included"))

const take = Command.make(
  "snapshot",
  { app, wait },
  lazily(() => import("./commands/snapshot.ts"))
).pipe(Command.withDescription("Take a snapshot now; a running app is down meanwhile"))

const snapshots = Command.make(
  "snapshots",
  { app: optionalApp },
  lazily(() => import("./commands/snapshots.ts"))
).pipe(Command.withDescription("List the snapshots that there are"))

const restore = Command.make(
  "restore",
  { app, snapshot, wait },
  lazily(() => import("./commands/restore.ts"))
).pipe(
  Command.withDescription("Put back the newest snapshot (or the named one): data and the version that it belongs to")
)

const verify = Command.make(
  "verify",
  {
    app: optionalApp,
    snapshot,
    expectHead: Flag.String("expect-head").pipe(
      Flag.withMetavar("<position>:<hash>"),
      Flag.withDescription("A head of the log noted earlier: finds what was cut off or rewritten since"),
      Flag.optional
    )
  },
  lazily(() => import("./commands/verify.ts"))
).pipe(Command.withDescription("Read every byte of the snapshots, and the log's hash chain"))

const promote = Command.make(
  "promote",
  {
    app,
    version: Flag.String("version").pipe(
      Flag.withMetavar("<version>"),
      Flag.withDescription("The version that runs, where the runtime cannot tell"),
      Flag.optional
    ),
    snapshot: Flag.Boolean("snapshot").pipe(
      Flag.withDescription("Take a snapshot first, which takes the app down for it"),
      Flag.withDefault(true)
    ),
    atTeardown: Flag.Boolean("at-teardown").pipe(
      Flag.withoutNegation,
      Flag.withDescription("It is to go down anyway: leave it down, with its snapshot"),
      Flag.withDefault(false)
    ),
    withoutData,
    wait
  },
  lazily(() => import("./commands/promote.ts"))
).pipe(
  Command.withDescription("Take what runs, if it is healthy, as the last good version: how an existing app is adopted")
)

const hold = Command.make(
  "hold",
  {
    app,
    for: forDuration,
    reason: Flag.String("reason").pipe(
      Flag.withMetavar("<text>"),
      Flag.withDescription("Why; shown by status and plan"),
      Flag.withDefault("held by the operator")
    ),
    wait: waitToRecord
  },
  lazily(() => import("./commands/hold.ts"))
).pipe(Command.withDescription("No upgrades until it is released"))

const release = Command.make(
  "release",
  { app, wait: waitToRecord },
  lazily(() => import("./commands/release.ts"))
).pipe(Command.withDescription("End a hold"))

const retry = Command.make(
  "retry",
  {
    app,
    version: Argument.String("version").pipe(
      Argument.withDescription("The quarantined version; default: every one"),
      Argument.optional
    ),
    wait: waitToRecord
  },
  lazily(() => import("./commands/retry.ts"))
).pipe(Command.withDescription("Let a version that failed be tried again"))

const log = Command.make(
  "log",
  {
    app: optionalApp,
    follow: Flag.Boolean("follow").pipe(
      Flag.withAlias("f"),
      Flag.withoutNegation,
      Flag.withDescription("Go on with each event as it is recorded"),
      Flag.withDefault(false)
    ),
    limit: Flag.Int("limit").pipe(
      Flag.withAlias("n"),
      Flag.withMetavar("<n>"),
      Flag.filter(
        (n) => n >= 0,
        (n) => `expected 0 or more, found ${n}`
      ),
      Flag.withDescription("Only the newest ones"),
      Flag.optional
    )
  },
  lazily(() => import("./commands/log.ts"))
).pipe(Command.withDescription("Every event, with its evidence; --json prints one envelope per line"))

const replay = Command.make(
  "replay",
  {
    app: optionalApp,
    until: Flag.String("until").pipe(
      Flag.withMetavar("<position|time>"),
      Flag.withDescription("Up to and with this position of the log, or this time (ISO 8601)"),
      Flag.optional
    )
  },
  lazily(() => import("./commands/replay.ts"))
).pipe(Command.withDescription("The state that the log alone says, now or at an earlier time"))

const toExport = Command.make(
  "export",
  {
    out: Flag.String("out").pipe(
      Flag.withMetavar("<file>"),
      Flag.withDescription("Into this file (0600), whole or not at all; default: standard output"),
      Flag.optional
    )
  },
  lazily(() => import("./commands/export.ts"))
).pipe(Command.withDescription("The whole log as text, one event per line, to keep elsewhere"))

const toImport = Command.make(
  "import",
  {
    file: Argument.String("file").pipe(Argument.withDescription("What lastgood export wrote; - is standard input"))
  },
  lazily(() => import("./commands/import.ts"))
).pipe(Command.withDescription("Make the log of a root that has none from an export, after verifying all of it"))

const reconcile = Command.make(
  "reconcile",
  {
    once: Flag.Boolean("once").pipe(
      Flag.withoutNegation,
      Flag.withDescription("One pass over all apps, then end"),
      Flag.withDefault(false)
    ),
    concurrency: Flag.Int("concurrency").pipe(
      Flag.withMetavar("<n>"),
      Flag.filter(
        (n) => n >= 1,
        (n) => `expected 1 or more, found ${n}`
      ),
      Flag.withDescription("How many apps are worked on at the same time"),
      Flag.withDefault(2)
    ),
    skipFetch
  },
  lazily(() => import("./commands/reconcile.ts"))
).pipe(Command.withDescription("Keep all apps up to date: the daemon"))

const report = Command.make(
  "report",
  {
    app: optionalApp,
    output: Flag.String("output").pipe(
      Flag.withMetavar("<file>"),
      Flag.withDescription(
        "File to write, which must not exist; default: lastgood-report-….tar.gz in the current folder"
      ),
      Flag.optional
    )
  },
  lazily(() => import("./commands/report.ts"))
).pipe(Command.withDescription("Collect what a bug report needs, without secrets, in a file to read and send"))

const demo = Command.make(
  "demo",
  {
    keep: Flag.String("keep").pipe(
      Flag.withMetavar("<folder>"),
      Flag.withDescription("Keep everything in this folder"),
      Flag.optional
    )
  },
  lazily(() => import("./commands/demo.ts"))
).pipe(Command.withDescription("The whole story on a little web app of its own, without Docker, in under a minute"))

export const commands = [
  init,
  doctor,
  status,
  plan,
  deploy,
  upgrade,
  tryOut,
  rollback,
  take,
  snapshots,
  restore,
  verify,
  promote,
  hold,
  release,
  retry,
  log,
  alerts,
  replay,
  toExport,
  toImport,
  reconcile,
  plugin,
  report,
  demo
] as const
