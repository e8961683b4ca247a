import { CommandOutput } from "@lastgood/core/command/Commands"
import { Actor } from "@lastgood/core/engine/Observer"
import * as Effect from "effect/Effect"
import own from "../package.json" with { type: "json" }
import { cli } from "./cli.ts"
import { Ask } from "./confirm.ts"
import { Down } from "./Down.ts"
import { ExitCode } from "./exitCode.ts"
import { OnHangup, Signalled } from "./Hangups.ts"
import { StandardOutput } from "./log/StandardOutput.ts"
import {
  args,
  ask,
  columns,
  onHangup,
  passOn,
  runMain,
  services,
  signalled,
  standardError,
  standardOutput,
  user
} from "./platform.ts"
import { Columns, StandardError } from "./Screen.ts"

const down = new Map<string, string>()

/** systemd's journal reads the level of a line from it: information. */
const level = () => (standardOutput.reader === "journal" ? "<6>" : "")

const program = cli(args, own.version).pipe(
  Effect.provideService(Down, down),
  Effect.provideService(Ask, ask),
  Effect.provideService(StandardError, standardError),
  Effect.provideService(Columns, columns),
  Effect.provideService(StandardOutput, standardOutput),
  Effect.provideService(CommandOutput, passOn),
  Effect.provideService(OnHangup, onHangup),
  Effect.provideService(Signalled, signalled),
  Effect.provideService(Actor, `cli:${user()}`),
  Effect.provide(services)
)

/** Runs the command that the process was started with. */
export const start = () =>
  runMain(program, {
    onFirst: () =>
      down.size === 0
        ? null
        : `${level()}lastgood: finishing ${[...down.values()].join(", ")}; press again to leave at once`,
    interrupted: ExitCode.interrupted
  })
