/** An app of a plain folder and images of a registry, on compose or a swarm, with the real lastgood. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert } from "@effect/vitest"
import { lastgoodCommand } from "@lastgood/testing/binary"
import { forgetKept, pruneAll } from "@lastgood/testing/dockerImages"
import { processFolder } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { execa } from "execa"
import { composeEnv } from "../docker/composePlugin.ts"

const Status = Schema.fromJsonString(
  Schema.Struct({
    apps: Schema.Array(Schema.Struct({ running: Schema.NullOr(Schema.String), lastGood: Schema.NullOr(Schema.String) }))
  })
)

/** Writes which version it is into its volume, then runs until it is stopped. */
export const serves = (version: string) => ({
  version,
  command: `echo ${version} >> /data/log; trap 'exit 0' TERM; while :; do sleep 1 & wait; done`
})

/** Migrates its data, and ends. */
export const breaks = (version: string) => ({ version, command: `echo broken by ${version} >> /data/log; exit 1` })

let made = 0

type Runtime = "compose" | "swarm"

const down: Readonly<Record<Runtime, (stack: string) => ReadonlyArray<string>>> = {
  compose: (stack) => ["compose", "-p", stack, "down", "--volumes", "--timeout", "1"],
  swarm: (stack) => ["stack", "rm", stack]
}

const isGone = async (stack: string): Promise<boolean> => {
  const { stdout } = await execa("docker", ["volume", "rm", "--force", `${stack}_data`], { reject: false, all: true })
  return stdout !== ""
}

const takeDown = (runtime: Runtime, stack: string) =>
  Effect.promise(async () => {
    await execa("docker", [...down[runtime](stack)], { env: composeEnv, reject: false })
    // The tasks of a stack end later than it.
    for (let i = 0; runtime === "swarm" && i < 60 && !(await isGone(stack)); i++) {
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  })

export const world = (runtime: Runtime, versions: string, services: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const folder = yield* processFolder
    mkdirSync(join(folder, "recipe"))
    made++
    /** The stack, or the project. */
    const stack = `lastgood_test_images_${process.pid}_${made}`
    /** Its own name: images are kept on the host by the name of the app. */
    const app = `images-${process.pid}-${made}`
    // A swarm starts again what has ended, as long as the deploy waits.
    const once = runtime === "swarm" ? "    deploy: { restart_policy: { condition: none } }\n" : '    restart: "no"\n'
    const written = Object.entries(services).map(
      ([name, image]) =>
        `  ${name}:\n    image: ${image}\n    init: true\n    stop_grace_period: 2s\n    volumes: [data:/data]\n${once}`
    )
    writeFileSync(
      join(folder, "recipe/compose.yml"),
      `${runtime === "swarm" ? 'version: "3.8"\n' : ""}services:\n${written.join("")}volumes: { data: {} }\n`
    )
    const settings = "health: { stableFor: 1s, deadline: 40s, interval: 500ms }"
    writeFileSync(
      join(folder, "lastgood.yaml"),
      `root: ${folder}/root\napps:\n  ${app}:\n    recipe: ./recipe\n    runtime: ${runtime}\n    domain: web.example.org\n    stack: ${stack}\n    versions: ${versions}\n    ${settings}\n`
    )
    const lastgood = (...args: ReadonlyArray<string>) =>
      Effect.promise(async () => {
        const [file, ...before] = lastgoodCommand
        const result = await execa(file, [...before, ...args], {
          cwd: folder,
          env: { ...composeEnv, LASTGOOD_ROOT: "", LASTGOOD_CONFIG: join(folder, "lastgood.yaml"), NO_COLOR: "1" },
          reject: false,
          stdin: "ignore"
        })
        return { code: result.exitCode ?? null, all: `${result.stdout}\n${result.stderr}`, stdout: result.stdout }
      })
    // Images that were pushed later are still used when their own finalizers run.
    const registries = new Set(Object.values(services).map((image) => image.slice(0, image.indexOf("/"))))
    yield* Effect.addFinalizer(() =>
      Effect.forEach(registries, (host) => Effect.ignore(pruneAll(host).pipe(Effect.sandbox)))
    )
    yield* Effect.addFinalizer(() => Effect.ignore(forgetKept(app).pipe(Effect.sandbox)))
    yield* Effect.addFinalizer(() => takeDown(runtime, stack))
    const must = (expected: number, ...args: ReadonlyArray<string>) =>
      Effect.tap(lastgood(...args), ({ all, code }) => Effect.sync(() => assert.strictEqual(code, expected, all)))
    const status = Effect.flatMap(must(0, "status", "--offline", "--json"), ({ stdout }) =>
      Effect.orDie(Schema.decodeUnknownEffect(Status)(stdout))
    ).pipe(Effect.map(({ apps }) => apps[0] ?? assert.fail("no app")))
    const log = Effect.promise(async () =>
      (
        await execa("docker", [
          "run",
          "--rm",
          "-v",
          `${stack}_data:/data`,
          "lastgood-test/busybox:1",
          "cat",
          "/data/log"
        ])
      ).stdout.split("\n")
    )
    const compose = (...args: ReadonlyArray<string>) =>
      Effect.promise(() =>
        execa("docker", ["compose", "-p", stack, "-f", join(folder, "recipe/compose.yml"), ...args], {
          env: composeEnv
        })
      )
    const file = join(folder, "recipe/compose.yml")
    const edit = (from: string, to: string) => writeFileSync(file, readFileSync(file, "utf8").replace(from, to))
    return { app, compose, edit, must, stack, recipe: join(folder, "recipe"), status, log }
  })
