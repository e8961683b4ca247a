/** The commands that act on an app, with their arguments, flags and help texts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import {
  app,
  dryRun,
  forDuration,
  skipFetch,
  snapshot,
  timeout,
  to,
  wait,
  waitToRecord,
  withoutData
} from "./arguments.ts"
import { acts, exits, explained, records } from "./help/explained.ts"
import { lazily } from "./lazily.ts"

export const deploy = Command.make(
  "deploy",
  { app, to, skipFetch, withoutData, dryRun, wait },
  lazily(() => import("./commands/deploy.ts"))
).pipe(
  explained(
    "Deploy an app for the first time, after a failure, with another version or with a changed env file, through its health gate. To start an app that was stopped: lastgood start",
    [
      ["lastgood deploy wiki", "Starts it on its data, or applies its changed env file"],
      ["lastgood deploy wiki --to 1.4.0 --dry-run", "Shows what a deploy of this version would do"]
    ],
    acts
  )
)

export const upgrade = Command.make(
  "upgrade",
  {
    app,
    to,
    skipFetch,
    dryRun,
    wait,
    acceptNotes: Flag.Boolean("accept-notes").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Confirm that the manual work in the release notes is done"),
      Flag.withDefault(false)
    )
  },
  lazily(() => import("./commands/upgrade.ts"))
).pipe(
  explained(
    "Snapshot the app, deploy a newer version, and roll back version and data if it is unhealthy",
    [
      ["lastgood upgrade wiki", "To the newest version that no gate refuses"],
      ["lastgood upgrade wiki --to 1.5.0", "To 1.5.0, also named as a part of 1.4.0+1.5.0"],
      ["lastgood upgrade wiki --dry-run", "Shows the plan and the gates, and changes nothing"]
    ],
    acts
  )
)

export const tryOut = Command.make(
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
    dryRun,
    wait
  },
  lazily(() => import("./commands/try.ts"))
).pipe(
  explained(
    "Deploy any commit, run a command against it, and always roll back version and data",
    [
      [
        "lastgood try wiki my-branch -- npm test",
        "Runs the command while the branch is up; then version and data are rolled back"
      ],
      ["lastgood try wiki 2b0d1c9 --timeout 5m -- ./smoke.sh", "A commit; the command is killed after 5 minutes"]
    ],
    exits(acts, [
      [0, "the version is healthy and the command passed; rolled back"],
      [1, "the command failed or timed out; rolled back"],
      [3, "the version was not healthy; rolled back"],
      [4, "the rollback failed: act now"]
    ])
  )
)

export const rollback = Command.make(
  "rollback",
  { app, snapshot, dryRun, wait },
  lazily(() => import("./commands/rollback.ts"))
).pipe(
  explained(
    "Roll back to the version before this one, with its data",
    [
      ["lastgood rollback wiki", "To the version before this one, and its data"],
      ["lastgood rollback wiki --dry-run", "Shows which version and which snapshot that is"]
    ],
    acts
  )
)

export const take = Command.make(
  "snapshot",
  { app, dryRun, wait },
  lazily(() => import("./commands/snapshot.ts"))
).pipe(
  explained(
    "Take a snapshot now; a running app is down during the capture",
    [["lastgood snapshot wiki", "A running app is stopped, copied and started again"]],
    acts
  )
)

export const restore = Command.make(
  "restore",
  { app, snapshot, dryRun, wait },
  lazily(() => import("./commands/restore.ts"))
).pipe(
  explained(
    "Restore the newest snapshot, or the named one: its data and its version",
    [
      ["lastgood restore wiki", "The newest snapshot"],
      ["lastgood restore wiki --snapshot 20261126T163519Z-6e94695a", "The snapshot of this id"],
      ["lastgood restore wiki --dry-run", "Shows which snapshot that is, and what happens to the present data"]
    ],
    acts
  )
)

export const promote = Command.make(
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
    dryRun,
    wait
  },
  lazily(() => import("./commands/promote.ts"))
).pipe(
  explained(
    "Make the running version the last good one, if it is healthy; adopts an existing app. The app is down as long as a stop, a copy of its data and a start take (lastgood doctor tells the size); with --no-snapshot it stays up",
    [
      ["lastgood promote wiki", "The app is down for the snapshot, then runs again"],
      ["lastgood promote wiki --version 1.4.0", "Names the version, which the runtime could not tell"],
      ["lastgood promote wiki --no-snapshot", "Without a snapshot and without downtime"]
    ],
    acts
  )
)

export const hold = Command.make(
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
    dryRun,
    wait: waitToRecord
  },
  lazily(() => import("./commands/hold.ts"))
).pipe(
  explained(
    "Stop upgrades of an app until it is released, or until a time",
    [
      ["lastgood hold wiki", "Until it is released"],
      ["lastgood hold wiki --for 48h --reason 'visitors this weekend'", "Ends by itself"]
    ],
    records
  )
)

export const release = Command.make(
  "release",
  { app, dryRun, wait: waitToRecord },
  lazily(() => import("./commands/release.ts"))
).pipe(
  explained(
    "End a hold; with _host as the app: close the breaker of the host",
    [
      ["lastgood release wiki", "The daemon upgrades it again as its policy says"],
      ["lastgood release _host", "Closes the breaker"]
    ],
    records
  )
)

export const approve = Command.make(
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
    dryRun,
    wait: waitToRecord
  },
  lazily(() => import("./commands/approve.ts"))
).pipe(
  explained(
    "Let the daemon take a version that the policy would refuse, in the app's next window",
    [
      ["lastgood approve wiki 2.0.0+2.0.0", "The daemon takes this major in the app's next window"],
      ["lastgood approve wiki 2.0.0+2.0.0 --withdraw", "No longer"]
    ],
    records
  )
)

export const retry = Command.make(
  "retry",
  {
    app,
    version: Argument.String("version").pipe(
      Argument.withDescription("The quarantined version; default: all of them"),
      Argument.optional
    ),
    dryRun,
    wait: waitToRecord
  },
  lazily(() => import("./commands/retry.ts"))
).pipe(
  explained(
    "Lift the quarantine of a version that failed",
    [
      ["lastgood retry wiki", "Every quarantined version"],
      ["lastgood retry wiki 1.5.0+1.5.0", "This version"]
    ],
    records
  )
)
