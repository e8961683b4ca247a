/** One Co-op Cloud app for one test: a stack of its own, its file in abra's place, and releases where lastgood lays them. */
import { cp, mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { makeAbraRuntime } from "@lastgood/core/runtime/abra/AbraRuntime"
import type { Runtime } from "@lastgood/core/runtime/Runtime"
import { makeStackRuntime } from "@lastgood/core/runtime/swarm/SwarmRuntime"
import * as Effect from "effect/Effect"
import { type TestStack, testStack } from "../docker/testStack.ts"
import { abraFolder, pathWith, withEnvironment } from "./standIn.ts"

export interface AbraStack extends TestStack {
  readonly runtime: Runtime
}

/**
 * @param env lines of the app's file, beside its TYPE.
 * @param before see `abraFolder`.
 * @param server whose folder the app's file lies in.
 */
export const abraStack = Effect.fnUntraced(function* (env = "", before = "", server = "default") {
  const { app: onSwarm, release } = yield* testStack()
  const abraDir = join(onSwarm.dir, "abra-of-the-operator")
  const envFile = join(abraDir, "servers", server, `${onSwarm.domain}.env`)
  yield* Effect.promise(async () => {
    await mkdir(join(envFile, ".."), { recursive: true })
    await writeFile(envFile, `# of the operator\nTYPE=web:0.1.0+1\nDOMAIN=${onSwarm.domain}\n${env}\n`, { mode: 0o640 })
  })
  const environment = { PATH: pathWith(yield* abraFolder(before)), ABRA_DIR: abraDir }
  const stack: AbraStack = {
    runtime: yield* withEnvironment(environment)(makeAbraRuntime(makeStackRuntime)).pipe(
      Effect.map((runtime) => inEnvironment(runtime, environment))
    ),
    app: { ...onSwarm, runtime: "abra", recipeName: "web", envFile },
    release: (version, files) =>
      Effect.flatMap(release(version, files), (made) =>
        Effect.promise(async () => {
          const folder = join(onSwarm.dir, "releases", made.commit)
          await cp(made.dir, join(folder, "recipe"), { recursive: true })
          await cp(envFile, join(folder, `env.${version}`))
          return { ...made, dir: join(folder, "recipe"), envFile: join(folder, `env.${version}`) }
        })
      )
  }
  return stack
})

/** The runtime reads the environment with every call. */
const inEnvironment = (runtime: Runtime, environment: Readonly<Record<string, string>>): Runtime => {
  const within = withEnvironment(environment)
  return {
    ...runtime,
    available: within(runtime.available),
    preflight: (...args) => within(runtime.preflight(...args)),
    undeploy: (...args) => within(runtime.undeploy(...args)),
    deploy: (...args) => within(runtime.deploy(...args))
  }
}
