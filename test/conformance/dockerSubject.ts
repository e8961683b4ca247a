// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are compose variables, not templates.
/** The runtimes on a Docker engine take the suite's releases as compose files. */
import { join } from "node:path"
import { beforeAll } from "@effect/vitest"
import type { Volume } from "@lastgood/core/domain/App"
import { run } from "@lastgood/core/process/Tool"
import type { Runtime } from "@lastgood/core/runtime/Runtime"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { compose } from "../docker/compose.ts"
import { composeEnv } from "../docker/composePlugin.ts"
import { busyboxImage, ensureImages } from "../docker/images.ts"
import type { TestStack } from "../docker/testStack.ts"
import { password, type Subject, suite } from "./RuntimeSuite.ts"

/** The line of the app's env file that the suite looks for. */
export const envLine = `PASSWORD=${password}\n`

/** Where the services' data is: in a volume, or in the folder `data` of the project's folder. */
export type DataIn = "volume" | "folder"

const serviceOf = (dataIn: DataIn) => (script: string) => ({
  command: ["sh", "-c", `DATA=/data; ${script}`],
  volumes: [dataIn === "volume" ? "data:/data" : "./data:/data"],
  environment: { PASSWORD: "${PASSWORD:?}" },
  // A swarm starts again what has ended, unless it is told; compose does not.
  deploy: { restart_policy: { condition: "none" } }
})

const filesOf = (services: Readonly<Record<string, string>>, dataIn: DataIn) =>
  compose(
    Object.fromEntries(Object.entries(services).map(([name, script]) => [name, serviceOf(dataIn)(script)] as const)),
    dataIn === "volume" ? { volumes: { data: {} } } : {}
  )

const dataInOf = ({ folder }: TestStack["app"]): DataIn => (folder === null ? "volume" : "folder")

const byHand = ({ app, release }: TestStack) =>
  Effect.gen(function* () {
    const { runtime, stack } = app
    if (runtime !== "compose") {
      yield* run("docker", ["service", "update", "--detach", "--env-add", "MORE=1", `${stack}_web`])
      return
    }
    // As somebody does in the folder that the app was started from before lastgood had it.
    const { dir } = yield* release("0.9.0+9", filesOf({ web: "sleep 60" }, dataInOf(app)))
    const project = [
      ...["--project-name", stack, "--project-directory", app.folder ?? dir],
      ...["--file", join(dir, "compose.yml")]
    ]
    const env = { ...composeEnv, PASSWORD: password }
    yield* run("docker", ["compose", ...project, "up", "--detach", "web"], { env, timeoutMs: 60_000 })
  })

const volumeOf = ({ folder, stack }: TestStack["app"]): string =>
  folder === null ? `${stack}_data` : join(folder, "data")

const shortKey = (volume: Volume): Volume => ({ ...volume, key: volume.key.replace(/^\.\//, "") })

/** For an app with its data in a folder: the runtime, with that folder known. */
const onFolder = (runtime: Runtime, folder: string): Runtime => {
  const folders = [join(folder, "data")]
  return {
    ...runtime,
    volumes: (app) => Effect.map(runtime.volumes(app, folders), (volumes) => volumes.map(shortKey)),
    createVolume: (app, volume) => Effect.map(runtime.createVolume(app, volume), shortKey),
    undeploy: (app, deadlineMs) => runtime.undeploy(app, deadlineMs, folders),
    assertQuiet: (app) => runtime.assertQuiet(app, folders)
  }
}

const subjectOf = (runtime: Runtime, testStack: TestStack): Subject => ({
  ...inStack(testStack),
  runtime: testStack.app.folder === null ? runtime : onFolder(runtime, testStack.app.folder),
  byHand: byHand(testStack)
})

const inStack = ({ app, release }: TestStack) => ({
  app,
  release: (version: string, services: Readonly<Record<string, string>>) =>
    release(version, filesOf(services, dataInOf(app))),
  invalid: release("9.0.0+9", { "compose.yml": "services: [not, a, map]" }),
  holdData: Effect.gen(function* () {
    const name = `${app.stack}-holder`
    yield* Effect.acquireRelease(
      run("docker", ["run", "--detach", "--name", name, "--volume", `${volumeOf(app)}:/x`, busyboxImage, "top"]),
      () => Effect.orDie(run("docker", ["rm", "--force", name]))
    )
    return name
  })
})

/** @param describe the suite's own, where the host has what the runtime needs. */
export const dockerSuite = (
  name: string,
  make: Effect.Effect<readonly [Runtime, TestStack], unknown, Scope.Scope>,
  describe: (name: string, body: () => void) => void
) =>
  suite(
    name,
    Effect.map(make, ([runtime, stack]) => subjectOf(runtime, stack)),
    {
      deadlineMs: 60_000,
      timeoutMs: 180_000,
      concurrent: true,
      describe: (title, body) =>
        describe(title, () => {
          beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)
          body()
        })
    }
  )
