/** What lastgood reads from the engine's socket is what `docker inspect` shows: fingerprints and hazards are made of it. */
import { assert, beforeAll } from "@effect/vitest"
import { type Call, makeDocker, type Noun } from "@lastgood/core/runtime/docker/Docker"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { clientOnly, engineThat } from "./brokenEngine.ts"
import { compose } from "./compose.ts"
import { busyboxImage, ensureImages } from "./images.ts"
import { describeSwarm } from "./requireDocker.ts"
import { deadline, runtimeTest } from "./runtimeTest.ts"

const call: Call = { app: "web", operation: "look", secrets: [] }
const dockerIn = (env: Readonly<Record<string, string>>) =>
  Effect.map(
    Effect.provide(
      makeDocker("swarm"),
      ConfigProvider.layer(ConfigProvider.fromEnv({ env: { PATH: process.env["PATH"] ?? "", ...env } }))
    ),
    (clientFor) => clientFor(call)
  )

const sorted = (ids: ReadonlyArray<string>) => ids.toSorted()
/** The client does not list all fields of some objects. */
const short = (id: string) => id.slice(0, 12)
/** What changes by itself between two looks. */
const volatile = new Set(["UpdatedAt", "Health", "Version", "Timestamp", "LastTagTime"])
const steady = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, inner) => (volatile.has(key) ? undefined : inner)))

describeSwarm("The engine's socket", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  runtimeTest("returns the same as the docker client, for every kind of object", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const files = {
        ...compose(
          { web: { volumes: ["data:/data"], networks: ["inner"], configs: ["settings"], secrets: ["word"] } },
          {
            volumes: { data: { labels: { a: "b" } } },
            networks: { inner: {} },
            configs: { settings: { file: "./settings.txt" } },
            secrets: { word: { file: "./settings.txt" } }
          }
        ),
        "settings.txt": "color=green"
      }
      yield* runtime.deploy(app, yield* release("1.0.0+1", files), deadline)
      const namespace = `com.docker.stack.namespace=${app.stack}`
      const client = yield* dockerIn(yield* clientOnly)
      const socket = yield* dockerIn(yield* engineThat(app.dir, () => false))
      const same = Effect.fnUntraced(function* (noun: Noun, ids: ReadonlyArray<string>) {
        assert.isNotEmpty(ids, noun)
        const [one, other] = [
          yield* socket.inspect(noun, ids, Schema.Unknown),
          yield* client.inspect(noun, ids, Schema.Unknown)
        ]
        assert.deepStrictEqual(steady(one), steady(other), noun)
        assert.deepStrictEqual(yield* socket.inspect(noun, ["lg-none"], Schema.Unknown), [], noun)
      })
      for (const noun of ["service", "container", "network", "secret", "config", "volume"] as const) {
        const own = sorted(yield* socket.ids(noun, namespace))
        assert.deepStrictEqual(own.map(short), sorted(yield* client.ids(noun, namespace)).map(short), noun)
        yield* same(noun, own)
      }
      const tasks = sorted(yield* socket.taskIds(app.stack, namespace))
      assert.deepStrictEqual(tasks, sorted(yield* client.taskIds(app.stack, namespace)))
      yield* same("task", tasks)
      yield* same("node", yield* socket.ids("node"))
      yield* same("image", [busyboxImage])
      assert.includeMembers([...(yield* socket.ids("volume"))], [...(yield* client.ids("volume", namespace))])
      assert.deepStrictEqual(yield* socket.taskIds("lg-none", "com.docker.stack.namespace=lg-none"), [])
      const Id = Schema.Struct({ ID: Schema.String })
      assert.deepStrictEqual(yield* socket.info(Id), yield* client.info(Id))
    })
  )
})
