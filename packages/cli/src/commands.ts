/**
 * The command line: every command with its arguments, flags and help texts. `commands/<name>.ts` implements a command, and
 * is loaded when the command runs.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import {
  app,
  countFlag,
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
import { notify } from "./commands/notify/command.ts"
import { plugin } from "./commands/plugin/command.ts"
import { lazily } from "./lazily.ts"
import { remove, start, stop } from "./lifeCommands.ts"
import { history, log, replay, toExport, toImport } from "./logCommands.ts"

const init = Command.make(
  "init",
  {},
  lazily(() => import("./commands/init.ts"))
).pipe(Command.withDescription("Look for apps on this host, and write a commented lastgood.yaml for them"))

const check = Command.make(
  "check",
  {
    project: Argument.String("project").pipe(
      Argument.withDescription(
        "A compose file (or several of one project), or its folder; default: the current folder"
      ),
      Argument.variadic()
    )
  },
  lazily(() => import("./commands/check.ts"))
).pipe(Command.withDescription("Tell whether lastgood can take a compose project, and what would be its data"))

const doctor = Command.make(
  "doctor",
  {
    app: optionalApp,
    prove: Flag.Boolean("prove").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Also take the app down, snapshot it and restore the snapshot; the app is down twice"),
      Flag.withDefault(false)
    ),
    wait
  },
  lazily(() => import("./commands/doctor.ts"))
).pipe(Command.withDescription("Check the host and the apps, and say how to correct what would fail"))

const dashboard = Command.make(
  "dashboard",
  {},
  lazily(() => import("./commands/dashboard.ts"))
).pipe(
  Command.withDescription("Print a link that opens the daemon's pages in a browser; it works once, for five minutes")
)

const status = Command.make(
  "status",
  {
    app: optionalApp,
    offline: Flag.Boolean("offline").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Show the log alone: do not ask the runtimes and the apps"),
      Flag.withDefault(false)
    )
  },
  lazily(() => import("./commands/status.ts"))
).pipe(
  Command.withDescription("Show the running and the expected version, the last good version, and what needs attention")
)

const plan = Command.make(
  "plan",
  { app: optionalApp, skipFetch },
  lazily(() => import("./commands/plan.ts"))
).pipe(Command.withDescription("Show what an upgrade would do now, and why; changes nothing"))

const deploy = Command.make(
  "deploy",
  { app, to, skipFetch, withoutData, wait },
  lazily(() => import("./commands/deploy.ts"))
).pipe(
  Command.withDescription(
    "Deploy an app for the first time, after a failure, with another version or with a changed env file, through its health gate. To start an app that was stopped: lastgood start"
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
      Flag.withDescription("Confirm that the manual work in the release notes is done"),
      Flag.withDefault(false)
    )
  },
  lazily(() => import("./commands/upgrade.ts"))
).pipe(
  Command.withDescription("Snapshot the app, deploy a newer version, and roll back version and data if it is unhealthy")
)

const tryOut = Command.make(
  "try",
  {
    app,
    ref: Argument.String("ref").pipe(Argument.withDescription("A tag, branch or commit of the recipe")),
    command: Argument.String("command").pipe(
      Argument.withDescription("After --: the command to run against the version; the try passes if it exits with 0"),
      Argument.variadic()
    ),
    timeout,
    skipFetch,
    wait
  },
  lazily(() => import("./commands/try.ts"))
).pipe(Command.withDescription("Deploy any commit, run a command against it, and always roll back version and data"))

const rollback = Command.make(
  "rollback",
  { app, snapshot, wait },
  lazily(() => import("./commands/rollback.ts"))
).pipe(Command.withDescription("Roll back to the version before this one, with its data"))

const take = Command.make(
  "snapshot",
  { app, wait },
  lazily(() => import("./commands/snapshot.ts"))
).pipe(Command.withDescription("Take a snapshot now; a running app is down during the capture"))

const snapshots = Command.make(
  "snapshots",
  { app: optionalApp },
  lazily(() => import("./commands/snapshots.ts"))
).pipe(Command.withDescription("List the snapshots"))

const restore = Command.make(
  "restore",
  { app, snapshot, wait },
  lazily(() => import("./commands/restore.ts"))
).pipe(Command.withDescription("Restore the newest snapshot, or the named one: its data and its version"))

const verify = Command.make(
  "verify",
  {
    app: optionalApp,
    snapshot,
    expectHead: Flag.String("expect-head").pipe(
      Flag.withMetavar("<position>:<hash>"),
      Flag.withDescription("A head of the log noted earlier: detects a log that was cut or rewritten since"),
      Flag.optional
    )
  },
  lazily(() => import("./commands/verify.ts"))
).pipe(Command.withDescription("Verify every byte of the snapshots, and the log's hash chain"))

const promote = Command.make(
  "promote",
  {
    app,
    version: Flag.String("version").pipe(
      Flag.withMetavar("<version>"),
      Flag.withDescription("The running version, if the runtime cannot tell it"),
      Flag.optional
    ),
    snapshot: Flag.Boolean("snapshot").pipe(
      Flag.withDescription("Take a snapshot first, which takes the app down (default); --no-snapshot: do not"),
      Flag.withDefault(true)
    ),
    atTeardown: Flag.Boolean("at-teardown").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Leave the app stopped after the snapshot"),
      Flag.withDefault(false)
    ),
    withoutData,
    wait
  },
  lazily(() => import("./commands/promote.ts"))
).pipe(
  Command.withDescription(
    "Make the running version the last good one, if it is healthy; adopts an existing app. The app is down as long as a stop, a copy of its data and a start take (lastgood doctor tells the size); with --no-snapshot it stays up"
  )
)

const hold = Command.make(
  "hold",
  {
    app,
    for: forDuration,
    until: Flag.String("until").pipe(
      Flag.withMetavar("<time>"),
      Flag.withDescription("End the hold at this time, such as 2026-12-24T18:00, in the host's time zone"),
      Flag.optional
    ),
    reason: Flag.String("reason").pipe(
      Flag.withMetavar("<text>"),
      Flag.withDescription("The reason, which status and plan show"),
      Flag.withDefault("held by the operator")
    ),
    wait: waitToRecord
  },
  lazily(() => import("./commands/hold.ts"))
).pipe(Command.withDescription("Stop upgrades of an app until it is released, or until a time"))

const release = Command.make(
  "release",
  { app, wait: waitToRecord },
  lazily(() => import("./commands/release.ts"))
).pipe(Command.withDescription("End a hold; with _host as the app: close the breaker of the host"))

const approve = Command.make(
  "approve",
  {
    app,
    version: Argument.String("version").pipe(Argument.withDescription("The version, which the policy would refuse")),
    withdraw: Flag.Boolean("withdraw").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Withdraw the approval of the version"),
      Flag.withDefault(false)
    ),
    skipFetch,
    wait: waitToRecord
  },
  lazily(() => import("./commands/approve.ts"))
).pipe(Command.withDescription("Let the daemon take a version that the policy would refuse, in the app's next window"))

const retry = Command.make(
  "retry",
  {
    app,
    version: Argument.String("version").pipe(
      Argument.withDescription("The quarantined version; default: all of them"),
      Argument.optional
    ),
    wait: waitToRecord
  },
  lazily(() => import("./commands/retry.ts"))
).pipe(Command.withDescription("Lift the quarantine of a version that failed"))

const reconcile = Command.make(
  "reconcile",
  {
    once: Flag.Boolean("once").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Make one pass over all apps, then exit"),
      Flag.withDefault(false)
    ),
    concurrency: countFlag("concurrency", 1).pipe(
      Flag.withDescription("How many apps to work on at the same time"),
      Flag.withDefault(2)
    ),
    skipFetch
  },
  lazily(() => import("./commands/reconcile.ts"))
).pipe(Command.withDescription("Run the daemon, which keeps all apps up to date"))

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
).pipe(Command.withDescription("Write a file for a bug report, with secrets redacted"))

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
).pipe(Command.withDescription("Show upgrades and rollbacks of a small web app, without Docker, in under a minute"))

export const commands = [
  init,
  check,
  doctor,
  status,
  dashboard,
  plan,
  deploy,
  upgrade,
  tryOut,
  rollback,
  stop,
  start,
  remove,
  take,
  snapshots,
  restore,
  verify,
  promote,
  hold,
  release,
  approve,
  retry,
  log,
  history,
  alerts,
  notify,
  replay,
  toExport,
  toImport,
  reconcile,
  plugin,
  report,
  demo
] as const
