import { access, mkdir, symlink, writeFile } from "node:fs/promises"
import { assert, describe, it, vi } from "@effect/vitest"
import { lastgoodCommand } from "@lastgood/testing/binary"
import { startProgram } from "@lastgood/testing/startProgram"
import * as Effect from "effect/Effect"
import { makeWorld } from "./world.ts"

// Each test starts several processes, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 400_000 })

const world = Effect.gen(function* () {
  const made = yield* makeWorld()
  // A shell starts `lastgood` from its PATH.
  yield* Effect.promise(async () => {
    await mkdir(made.at("bin"))
    const words = lastgoodCommand.map((word) => `'${word}'`).join(" ")
    await writeFile(made.at("bin/lastgood"), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 })
    await symlink("bin", made.at("more"))
  })
  return made
})

type World = Effect.Success<typeof world>

const run = ({ at, home }: World, command: ReadonlyArray<string>) => {
  const env = {
    PATH: `${at("bin")}:${process.env["PATH"]}`,
    HOME: home,
    LASTGOOD_CONFIG: at("lastgood.yaml"),
    LASTGOOD_TEST_HOME: home
  }
  return startProgram(command, { cwd: home, env, exact: false }).done
}

const snapshotOf = ({ lastgood, namesIn }: World) =>
  Effect.gen(function* () {
    yield* lastgood(["deploy", "web", "--to", "1.0.0+1.0.0"])
    yield* lastgood(["snapshot", "web"])
    const [id = ""] = yield* namesIn("root", "web", "snapshots")
    assert.notStrictEqual(id, "", "there is no snapshot")
    return id
  })

/** What a shell offers for a command line, by driving its completion. */
const shells = {
  bash: [
    "bash",
    "-c",
    `source <(lastgood completions bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { echo :files; }; _lastgood; printf '%s\n' "\${COMPREPLY[@]}"`,
    "bash"
  ],
  fish: [
    "fish",
    "--no-config",
    "-c",
    "lastgood completions fish | source; complete -C (string join ' ' -- $argv) | string replace -r '\t.*' ''"
  ]
} as const

const isThere = (program: string) =>
  Effect.promise(() =>
    access(`/usr/bin/${program}`).then(
      () => true,
      () => false
    )
  )

const offered = (made: World, shell: keyof typeof shells, line: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { stdout } = yield* run(made, [...shells[shell], ...line])
    return stdout.split("\n").filter((value) => value !== "")
  })

/** zsh completes only in an interactive shell: `zpty` of its own makes one. */
const zsh = (made: World, line: string) =>
  Effect.gen(function* () {
    const script = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1=; autoload -Uz compinit; compinit -u -D; source <(lastgood completions zsh); zstyle ':completion:*' verbose no; _describe() { print -l -- BEGIN \\"\\\${values[@]}\\" END; }; _files() { print -l -- BEGIN :files END; }; print READY"
zpty -r z out '*READY*READY*'
zpty -w -n z $'${line}\\t'
zpty -r z out '*END*'
print -r -- "$out"
zpty -d z`
    const { stdout } = yield* run(made, ["zsh", "-f", "-c", script])
    const [, list = ""] = /BEGIN\r?\n([\s\S]*?)\r?\nEND/.exec(stdout.slice(stdout.lastIndexOf("BEGIN"))) ?? []
    return list.split(/\r?\n/).map((value) => value.replace(/([^\\]):.*$/, "$1"))
  })

const cases = (
  id: string
): ReadonlyArray<readonly [what: string, line: ReadonlyArray<string>, expected: ReadonlyArray<string>]> => [
  ["commands", ["lastgood", "rec"], ["reconcile"]],
  ["commands of a command", ["lastgood", "alerts", "a"], ["ack"]],
  ["apps", ["lastgood", "upgrade", ""], ["web"]],
  ["flags", ["lastgood", "upgrade", "web", "--acc"], ["--accept-notes"]],
  ["versions, newest first", ["lastgood", "upgrade", "web", "--to", ""], ["1.1.0+1.0.0", "1.0.0+1.0.0"]],
  ["snapshots", ["lastgood", "restore", "web", "--snapshot", ""], [id]]
]

describe("completions", () => {
  it.live("of bash, fish and zsh offer commands, apps, versions and snapshots", () =>
    Effect.gen(function* () {
      const made = yield* world
      const id = yield* snapshotOf(made)
      for (const [what, line, expected] of cases(id)) {
        assert.deepStrictEqual(yield* offered(made, "bash", line), expected, what)
      }
      assert.deepStrictEqual(yield* offered(made, "bash", ["lastgood", "upgrade", "web", "--to", "=", "1.1"]), [
        "1.1.0+1.0.0"
      ])
      assert.deepStrictEqual(yield* offered(made, "bash", ["lastgood", "import", ""]), [":files"])
      // From the configuration that the command line names.
      yield* made.write("other.yaml", "root: ./root\napps: {}\n")
      assert.deepStrictEqual(yield* offered(made, "bash", ["lastgood", "--config", "other.yaml", "upgrade", ""]), [])

      if (yield* isThere("fish")) {
        assert.include(yield* offered(made, "fish", ["lastgood", "rec"]), "reconcile")
        assert.deepStrictEqual(yield* offered(made, "fish", ["lastgood", "restore", "web", "--snapshot", ""]), [id])
      }
      if (yield* isThere("zsh")) {
        assert.deepStrictEqual(yield* zsh(made, "lastgood upgrade web --to "), ["1.1.0+1.0.0", "1.0.0+1.0.0"])
        assert.deepStrictEqual(yield* zsh(made, "lastgood import "), [":files"])
      }
    }).pipe(Effect.scoped)
  )
})
