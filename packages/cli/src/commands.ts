/**
 * The command line: every command with its arguments, flags and help texts. `commands/<name>.ts` implements a command, and
 * is loaded when the command runs.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import {
  approve,
  deploy,
  hold,
  promote,
  release,
  restore,
  retry,
  rollback,
  take,
  tryOut,
  upgrade
} from "./actCommands.ts"
import { countFlag, optionalApp, skipFetch, snapshot, wait } from "./arguments.ts"
import { alerts } from "./commands/alerts/command.ts"
import { notify } from "./commands/notify/command.ts"
import { plugin } from "./commands/plugin/command.ts"
import { exits, explained, reads, writes } from "./help/explained.ts"
import { lazily } from "./lazily.ts"
import { forget, remove, rename, start, stop } from "./lifeCommands.ts"
import { history, log, replay, toExport, toImport } from "./logCommands.ts"
import { aside, prune, snapshots } from "./snapshotCommands.ts"

const init = Command.make(
  "init",
  {},
  lazily(() => import("./commands/init.ts"))
).pipe(
  explained(
    "Look for apps on this host, and write a commented lastgood.yaml for them",
    [
      ["lastgood init", "Writes ./lastgood.yaml, commented, with every app that it found"],
      ["lastgood init --config /etc/lastgood/lastgood.yaml", "For the daemon, which reads this file"]
    ],
    exits(writes, [[64, "wrong usage, or the file exists already"]])
  )
)

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
).pipe(
  explained(
    "Tell whether lastgood can take a compose project, and what would be its data",
    [
      ["lastgood check", "The project in the current folder"],
      ["lastgood check /srv/wiki/compose.yml", "The project of this file"]
    ],
    exits(reads, [
      [0, "lastgood can take the project, perhaps after you answered its questions"],
      [5, "lastgood cannot take it as it is: the output says why"],
      [64, "wrong usage, or the project does not exist"]
    ])
  )
)

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
).pipe(
  explained(
    "Check the host and the apps, and say how to correct what would fail",
    [
      ["lastgood doctor", "The host and all apps"],
      ["lastgood doctor wiki", "The host and one app"],
      ["lastgood doctor wiki --prove", "Also proves that a snapshot of it can be restored; the app is down twice"]
    ],
    exits(reads, [
      [0, "nothing would make an upgrade or a rollback fail"],
      [1, "something would: the end of the output says what to do first"],
      [75, "with --prove: another lastgood works on the app"]
    ])
  )
)

const dashboard = Command.make(
  "dashboard",
  {},
  lazily(() => import("./commands/dashboard.ts"))
).pipe(
  explained(
    "Print a link that opens the daemon's pages in a browser; it works once, for five minutes",
    [["lastgood dashboard", "The link works once, for five minutes"]],
    exits(reads, [[1, "no daemon serves pages, or none is running"]])
  )
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
  explained(
    "Show the running and the expected version, the last good version, and what needs attention",
    [
      ["lastgood status", "All apps"],
      ["lastgood status wiki --json", "One app, for a script"],
      ["lastgood status --offline", "From the log alone, if Docker does not answer"]
    ],
    exits(reads, [
      [0, "shown, whatever the phases are"],
      [1, "an app could not be asked: its phase is unknown"]
    ])
  )
)

const plan = Command.make(
  "plan",
  { app: optionalApp, skipFetch },
  lazily(() => import("./commands/plan.ts"))
).pipe(
  explained(
    "Show what an upgrade would do now, and why; changes nothing",
    [
      ["lastgood plan", "What the next upgrade of each app would be"],
      ["lastgood plan wiki --skip-fetch", "Without asking for newer versions"]
    ],
    exits(reads, [
      [0, "shown, also if a gate would refuse"],
      [1, "the recipe or the runtime could not be read"]
    ])
  )
)

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
).pipe(
  explained(
    "Verify every byte of the snapshots, and the log's hash chain",
    [
      ["lastgood verify", "All snapshots, and the log"],
      ["lastgood verify wiki --snapshot 20261126T163519Z-6e94695a", "One snapshot, and the log"]
    ],
    exits(reads, [
      [0, "all are as lastgood wrote them"],
      [1, "a snapshot or the log is damaged: the output says which"]
    ])
  )
)

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
).pipe(
  explained(
    "Run the daemon, which keeps all apps up to date",
    [
      ["lastgood reconcile", "Runs until a signal ends it"],
      ["lastgood reconcile --once", "One pass, for cron"]
    ],
    exits(reads, [
      [0, "with --once: every app is as it should be, or waits"],
      [1, "with --once: an app that should run does not, or an upgrade could not be tried"],
      [3, "with --once: an upgrade failed, and was rolled back"],
      [4, "with --once: an app was left down or is not healthy"],
      [75, "another daemon serves this root"],
      [130, "ended by a signal"]
    ])
  )
)

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
).pipe(
  explained(
    "Write a file for a bug report, with secrets redacted",
    [
      ["lastgood report", "All apps, into the current folder"],
      ["lastgood report wiki --output /tmp/wiki.tar.gz", "One app, into this file"]
    ],
    exits(writes, [[0, "written, even if a part could not be collected"]])
  )
)

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
).pipe(
  explained(
    "Show upgrades and rollbacks of a small web app, without Docker, in under a minute",
    [
      ["lastgood demo", "Needs no Docker and leaves nothing behind"],
      ["lastgood demo --keep ./demo", "Leaves its files to look at"]
    ],
    [
      [0, "shown"],
      [1, "a step of the demo did not go as it should"],
      [64, "wrong usage"],
      [130, "interrupted"]
    ]
  )
)

const completions = Command.make(
  "completions",
  {
    shell: Argument.Literals("shell", ["bash", "zsh", "fish"]).pipe(Argument.withDescription("The shell"))
  },
  lazily(() => import("./commands/completions.ts"))
).pipe(
  explained(
    "Print the completions of a shell, which offer apps, versions and snapshots",
    [
      ["lastgood completions bash > /usr/share/bash-completion/completions/lastgood", "For all users of bash"],
      ["lastgood completions zsh > /usr/local/share/zsh/site-functions/_lastgood", "For all users of zsh"],
      ["lastgood completions fish > ~/.config/fish/completions/lastgood.fish", "For one user of fish"]
    ],
    [
      [0, "printed"],
      [64, "wrong usage"]
    ]
  )
)

const complete = Command.make(
  "complete",
  { words: Argument.String("words").pipe(Argument.withDescription("After --: the words so far"), Argument.variadic()) },
  lazily(() => import("./commands/complete.ts"))
).pipe(
  Command.unlisted,
  explained(
    "Print what a shell may complete the words with",
    [["lastgood complete -- upgrade ''", "The apps"]],
    [
      [0, "printed"],
      [64, "wrong usage"]
    ]
  )
)

/** `cli.ts` answers it, which knows the tree of commands. */
const help = Command.make("help", {
  command: Argument.String("command").pipe(
    Argument.withDescription("The command, such as upgrade or alerts ack"),
    Argument.variadic()
  )
}).pipe(
  explained(
    "Show the flags, examples and exit codes of a command",
    [
      ["lastgood help upgrade", "The same as lastgood upgrade --help"],
      ["lastgood help alerts ack", "Of a command of a command"]
    ],
    [
      [0, "shown"],
      [64, "the command does not exist"]
    ]
  )
)

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
  forget,
  rename,
  take,
  snapshots,
  aside,
  prune,
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
  demo,
  help,
  completions,
  complete
] as const
